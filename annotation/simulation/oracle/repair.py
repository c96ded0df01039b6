"""Corrections that end at a stated DSC of the truth and never at the truth itself.

A person mends what sticks out farthest and stops where the contour is good enough. So wrong pixels are put right in
the order of their distance from the true contour, and the rest stays wrong: a rim along it, as between two readers.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mlbackend.metrics import dice

Mask = NDArray[np.bool_]

WANDER = 0.35
"""How much the order of mending wanders from the pure distance, as a share of it: nobody follows a contour evenly."""
WAVE_PIXELS = 9.0
"""Length of the waves of a hand-drawn contour: standard deviation of the smoothing, in pixels of a 512 px film."""


def repair(start_hw: Mask, truth_hw: Mask, target_dsc: float, seed: int) -> Mask:
    """The start mask, (H, W) bool, mended until its DSC with the truth is ``target_dsc`` or a pixel more.

    A start that is as good already is drawn anew, see ``draw``. Same arguments, same mask. Raises ValueError for
    masks of different shapes, an empty truth or a target outside 0..1.
    """
    _check(start_hw, truth_hw, target_dsc)
    if dice(start_hw, truth_hw) >= target_dsc:
        return draw(truth_hw, target_dsc, seed)
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(start_hw != truth_hw)
    urgency = _contour_distance(truth_hw) * (1 + WANDER * _waves(truth_hw.shape, rng))
    order = np.argsort(-urgency[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    mended = _fewest(start_hw, truth_hw, rows, columns, target_dsc)
    result = start_hw.copy()
    result[rows[:mended], columns[:mended]] = truth_hw[rows[:mended], columns[:mended]]
    return result


def _fewest(start_hw: Mask, truth_hw: Mask, rows: NDArray[np.intp], columns: NDArray[np.intp], target: float) -> int:
    """How many wrong pixels must be put right, in order, for the target. Each one raises the DSC."""
    missing = truth_hw[rows, columns]
    tp = int((start_hw & truth_hw).sum()) + np.cumsum(missing)
    size = int(start_hw.sum()) + np.cumsum(np.where(missing, 1, -1))
    score = 2 * tp / (size + int(truth_hw.sum()))
    return int(np.argmax(score >= target)) + 1


def draw(truth_hw: Mask, target_dsc: float, seed: int) -> Mask:
    """A mask, (H, W) bool, drawn from nothing: the true contour pushed in and out by smooth waves to the target DSC.

    The DSC is at least ``target_dsc`` and at most 0.005 above it where the mask has pixels enough. Raises ValueError as
    ``repair`` does.
    """
    _check(truth_hw, truth_hw, target_dsc)
    rng = np.random.default_rng(seed)
    signed = _contour_distance(truth_hw) * np.where(truth_hw, 1, -1)
    waves = _waves(truth_hw.shape, rng)
    low, high = 0.0, 0.05 * max(truth_hw.shape)
    drawn = truth_hw
    # Small or coarse masks need larger waves for a hand that errs much.
    while high < max(truth_hw.shape) and dice(signed + high * waves > 0, truth_hw) >= target_dsc:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        candidate = signed + middle * waves > 0
        if dice(candidate, truth_hw) >= target_dsc:
            low, drawn = middle, candidate
        else:
            high = middle
    if (drawn == truth_hw).all():
        # A mask of so few pixels that one is more than the target allows: one wrong pixel is as near as it goes.
        drawn = truth_hw.copy()
        drawn.flat[int(np.argmin(np.abs(signed)))] ^= True
    return drawn


def _check(start_hw: Mask, truth_hw: Mask, target_dsc: float) -> None:
    if start_hw.shape != truth_hw.shape:
        raise ValueError(f"masks: shapes {start_hw.shape} and {truth_hw.shape} differ; give masks of one film")
    if not truth_hw.any():
        raise ValueError("truth: the mask is empty; there is nothing to correct towards")
    if not 0 < target_dsc < 1:
        raise ValueError(f"target_dsc: {target_dsc} is not valid; use a number between 0 and 1")


def _contour_distance(mask_hw: Mask) -> NDArray[np.float64]:
    """Distance of every pixel to the mask's contour, in pixels, at least half of one."""
    inside = cv2.distanceTransform(mask_hw.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask_hw).astype(np.uint8), cv2.DIST_L2, 5)
    return np.maximum(np.where(mask_hw, inside, outside).astype(np.float64) - 0.5, 0.5)


def _waves(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth field (H, W), most of it within -1..1."""
    sigma = max(1.0, WAVE_PIXELS * max(shape) / 512)
    field = cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), sigma)
    return np.asarray(np.tanh(field / max(float(field.std()), 1e-12)))
