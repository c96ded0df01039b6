"""Sensitivity (recall)."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def sensitivity_of(counts: Confusion) -> float:
    """TP / (TP + FN), 0..1; without any true pixel 1.0 if nothing is predicted either, else 0.0."""
    positives = counts.tp + counts.fn
    return counts.tp / positives if positives else float(counts.fp == 0)


def sensitivity(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``sensitivity_of`` two masks of one shape."""
    return sensitivity_of(confusion(predicted, truth))
