"""Films and masks at the network's working size."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


def shrink_image(gray_hw: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """(H, W) uint8 to (size, size) uint8: by area where it shrinks, bilinear where it grows.

    The aspect ratio is not kept (tahir2021 section 3 feeds squares).
    """
    height, width = gray_hw.shape
    if (height, width) == (size, size):
        return gray_hw
    method = cv2.INTER_AREA if height >= size and width >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(gray_hw, (size, size), interpolation=method), np.uint8)


def shrink_mask(mask_hw: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.bool_]:
    """(H, W) bool to (size, size) bool: foreground where it covers at least half of the new pixel."""
    height, width = mask_hw.shape
    if (height, width) == (size, size):
        return np.asarray(mask_hw, bool)
    method = cv2.INTER_AREA if height >= size and width >= size else cv2.INTER_LINEAR
    share = cv2.resize(mask_hw.astype(np.float32), (size, size), interpolation=method)
    # Shares are sums of 32-bit fractions: an exact half may come out a little less.
    return np.asarray(share >= 0.5 - 1e-6)


def enlarge_probability(probability_hw: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float32]:
    """(h, w) float 0..1 to (height, width), bilinear with pixel centres aligned (``align_corners=False``)."""
    if probability_hw.shape == (height, width):
        return probability_hw
    return np.asarray(cv2.resize(probability_hw, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
