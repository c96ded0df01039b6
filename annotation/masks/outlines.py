"""A mask's outline as a small transparent picture, to lie over its film's thumbnail."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from annotation.images.thumbnails import thumbnail_size

COLOUR = (255, 214, 92)
"""The yellow in which the pages draw masks."""


def outline_key(mask_id: object) -> str:
    """Where a mask's outline lies; tells nothing of who drew it."""
    return f"outlines/{mask_id}.png"


def outline_make(mask_hw: NDArray[np.bool_]) -> bytes:
    """PNG of two colours, one of them transparent, of the size of the film's thumbnail."""
    height, width = mask_hw.shape
    share = cv2.resize(
        mask_hw.astype(np.uint8) * np.uint8(255), thumbnail_size(width, height), interpolation=cv2.INTER_AREA
    )
    small = np.asarray(share >= 128, dtype=np.uint8)
    # Two pixels wide: a tile shows the picture smaller than it is.
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)
    # Beyond the picture lies foreground, so that a mask that reaches its edge is not outlined along it.
    inner = cv2.erode(small, cross, borderType=cv2.BORDER_CONSTANT, borderValue=1, iterations=2)
    picture = PillowImage.fromarray(small - inner, mode="P")
    picture.putpalette([0, 0, 0, *COLOUR])
    out = io.BytesIO()
    picture.save(out, format="PNG", transparency=0, bits=1, optimize=True)
    return out.getvalue()
