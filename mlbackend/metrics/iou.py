"""Intersection over union (Jaccard index)."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def iou_of(counts: Confusion) -> float:
    """TP / (TP + FP + FN), 0..1; 1.0 where both masks are empty, 0.0 where one is."""
    denominator = counts.tp + counts.fp + counts.fn
    return counts.tp / denominator if denominator else 1.0


def iou(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """``iou_of`` two masks of one shape."""
    return iou_of(confusion(predicted, truth))
