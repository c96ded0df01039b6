"""Specificity."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def specificity_of(counts: Confusion) -> float:
    """TN / (TN + FP), 0..1; without any background pixel 1.0 if none is predicted either, else 0.0."""
    negatives = counts.tn + counts.fp
    return counts.tn / negatives if negatives else float(counts.fn == 0)


def specificity(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``specificity_of`` two masks of one shape."""
    return specificity_of(confusion(predicted, truth))
