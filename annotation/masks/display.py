"""Masks as a blind choice between people and networks shows them: nothing in their outline says whose they are."""

from __future__ import annotations

import cv2
import numpy as np


def resampled(mask_hw: np.ndarray, side: int) -> np.ndarray:
    """The mask (H, W) bool after a way that every network's mask has gone: by area to ``side`` x ``side`` pixels, the
    size that networks work at, then linearly back to its own and cut at one half.

    A network draws ``side`` x ``side`` probabilities, which are interpolated to the film's size: its outlines bend over
    H / side pixels and no less. A drawing's may turn at any pixel, and would be known by that. Whatever is smaller than
    a working pixel's half is not shown; what is stored stays as it is.
    """
    height, width = mask_hw.shape
    if side < 1:
        raise ValueError(f"side is {side}: a side in pixels is asked for, 1 or more")
    share = mask_hw.astype(np.float32)
    for size, method in (((side, side), cv2.INTER_AREA), ((width, height), cv2.INTER_LINEAR)):
        share = cv2.resize(share, size, interpolation=method)
    return np.asarray(share >= 0.5)
