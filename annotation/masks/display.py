"""Masks as a blind choice between people and networks shows them: nothing in their outline says whose they are."""

from __future__ import annotations

import cv2
import numpy as np

SPREAD = 2.0
"""Standard deviation of the smoothing in working pixels: measured as the least after which ragged and wobbling outlines
are told from a network's no better than by guessing (decision 28)."""
REACH = 4
"""Standard deviations beyond which smoothing is not followed."""
REGIONS = 32
"""Regions that are smoothed each by itself; those beyond, which are the smallest, are smoothed together."""


def resampled(mask_hw: np.ndarray, side: int) -> np.ndarray:
    """The mask (H, W) bool by the one way that every mask of such a choice goes to the screen.

    Each region goes by area to ``side`` x ``side`` pixels, the size that networks work at, is smoothed by ``SPREAD``
    of these, goes linearly back to its own size and is cut where it keeps its number of pixels: a small region grows
    round and does not vanish. A network draws ``side`` x ``side`` probabilities, so that its outlines bend over several
    of these pixels; a hand's may turn at any pixel of the film, and would be known by that. What is stored stays as it
    is. Raises ValueError for a side below 1.
    """
    if side < 1:
        raise ValueError(f"side is {side}: a side in pixels is asked for, 1 or more")
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask_hw.astype(np.uint8), connectivity=8)
    by_size = sorted(range(1, count), key=lambda region: -int(statistics[region, cv2.CC_STAT_AREA]))
    shown = np.zeros(mask_hw.shape, bool)
    for region in by_size[:REGIONS]:
        left, top, width, height, _ = (int(value) for value in statistics[region])
        around = _around(mask_hw.shape, side, top, left, height, width)
        shown[around] |= _smoothed(labels[around] == region, _working(mask_hw.shape, side))
    if by_size[REGIONS:]:
        shown |= _smoothed(np.isin(labels, by_size[REGIONS:]), _working(mask_hw.shape, side))
    return shown


def _working(shape: tuple[int, ...], side: int) -> tuple[float, float]:
    """Pixels of the film in a working pixel, down and across."""
    return shape[0] / side, shape[1] / side


def _around(shape: tuple[int, ...], side: int, top: int, left: int, height: int, width: int) -> tuple[slice, slice]:
    """The part of the film that a region can reach."""
    down, across = (int(np.ceil(REACH * SPREAD * pixels)) for pixels in _working(shape, side))
    rows = slice(max(0, top - down), min(shape[0], top + height + down))
    return rows, slice(max(0, left - across), min(shape[1], left + width + across))


def _smoothed(region_hw: np.ndarray, working: tuple[float, float]) -> np.ndarray:
    height, width = region_hw.shape
    size = max(1, round(width / working[1])), max(1, round(height / working[0]))
    share = cv2.resize(region_hw.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    share = cv2.GaussianBlur(share, (0, 0), SPREAD, borderType=cv2.BORDER_REPLICATE)
    share = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    pixels = int(region_hw.sum())
    level = np.partition(share, -pixels, axis=None)[-pixels]
    return np.asarray((share >= level) & (share > 0))
