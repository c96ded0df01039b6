"""Anatomy's say about a predicted mask (tahir2021 section 3.2)."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

MIN_REGION_SHARE = 0.05
"""Regions with less than this share of the positive pixels are dropped."""


def binarise(probability_hw: npt.NDArray[np.float32], threshold: float, *, included: bool = False) -> Mask:
    """Foreground where the probability, 0..1, is greater than ``threshold`` (tahir2021 section 3.2).

    With ``included`` also where it is equal (degerli2021 section II-D).
    """
    return np.asarray(probability_hw >= threshold if included else probability_hw > threshold)


def fill_holes(mask: Mask) -> Mask:
    """Fill background that cannot be reached from the border through edge neighbours; (H, W) bool."""
    if mask.size == 0:
        return mask.copy()
    # A frame of background joins all outer background into one region.
    background = cv2.copyMakeBorder((~mask).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(background, None, (0, 0), 2, flags=4)
    return np.asarray(background[1:-1, 1:-1] != 2)


def drop_small_regions(mask: Mask, min_share: float = MIN_REGION_SHARE) -> Mask:
    """Drop regions (joined by edges or corners) under ``min_share`` of all positive pixels; (H, W) bool."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = areas >= min_share * areas[1:].sum()
    keep[0] = False
    if bool(keep[1:].all()):
        return mask.copy()
    return np.asarray(keep[labels] if count > 1 else mask.copy(), bool)


def postprocess_lung(mask: Mask) -> Mask:
    """Fill holes, then drop regions under 5 % of the positive pixels; (H, W) bool to (H, W) bool."""
    return drop_small_regions(fill_holes(mask))


POSTPROCESS = {"lung": postprocess_lung, "none": lambda mask: mask}
