"""Precision (positive predictive value)."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def precision_of(counts: Confusion) -> float:
    """TP / (TP + FP), 0..1; with nothing predicted 1.0 if nothing is true either, else 0.0."""
    predicted = counts.tp + counts.fp
    return counts.tp / predicted if predicted else float(counts.fn == 0)


def precision(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``precision_of`` two masks of one shape."""
    return precision_of(confusion(predicted, truth))
