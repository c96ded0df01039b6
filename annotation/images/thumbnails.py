"""Small pictures for lists, made once and kept beside the film: for finding, never for judging."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 256
"""Longest side in pixels: a tile of the browser at two pixels a point, and some 9 KB as JPEG."""

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 82]


def thumbnail_key(image_id: object) -> str:
    """Where a film's thumbnail lies."""
    return f"thumbnails/{image_id}.jpg"


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the thumbnail of a film; small films are not enlarged."""
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail_make(grey_hw: NDArray[np.uint8]) -> bytes:
    """JPEG of an 8-bit film (H, W)."""
    height, width = grey_hw.shape
    small = cv2.resize(grey_hw, thumbnail_size(width, height), interpolation=cv2.INTER_AREA)
    ok, data = cv2.imencode(".jpg", small, _JPEG)
    if not ok:
        raise RuntimeError(f"OpenCV could not encode {small.shape} {small.dtype} as JPEG")
    return data.tobytes()
