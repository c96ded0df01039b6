"""Accuracy."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def accuracy_of(counts: Confusion) -> float:
    """(TP + TN) / all, 0..1; raises ValueError where nothing was counted."""
    if not counts.total:
        raise ValueError("accuracy of no pixels is not defined; count at least one film")
    return (counts.tp + counts.tn) / counts.total


def accuracy(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``accuracy_of`` two masks of one shape."""
    return accuracy_of(confusion(predicted, truth))
