"""Dice similarity coefficient (DSC)."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def dice_of(counts: Confusion) -> float:
    """2 TP / (2 TP + FP + FN), 0..1; 1.0 where both masks are empty, 0.0 where one is."""
    denominator = 2 * counts.tp + counts.fp + counts.fn
    return 2 * counts.tp / denominator if denominator else 1.0


def dice(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``dice_of`` two masks of one shape."""
    return dice_of(confusion(predicted, truth))
