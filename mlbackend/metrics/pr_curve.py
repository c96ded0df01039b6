"""Precision-recall curve and average precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlbackend.metrics.roc_auc import histograms, score_histograms

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PrCurve:
    """Points by falling threshold: what scores at or above it is called positive. All of one length."""

    threshold: Curve
    precision: Curve
    recall: Curve

    @property
    def average_precision(self) -> float:
        """Sum of precision times the step of recall: the area without interpolation, 0..1."""
        return float(np.sum(np.diff(self.recall, prepend=0.0) * self.precision))


def _curve(levels: Curve, pos: npt.NDArray[np.int64], neg: npt.NDArray[np.int64]) -> PrCurve | None:
    if not pos.sum():
        return None
    occupied = np.flatnonzero(pos + neg)[::-1]
    hits, alarms = np.cumsum(pos[occupied]), np.cumsum(neg[occupied])
    return PrCurve(levels[occupied], hits / (hits + alarms), hits / hits[-1])


def pr_curve_of(positive: Any, negative: Any) -> PrCurve | None:
    """Curve from histograms in equal bins from 0 to 1; thresholds are the bins' lower edges. None without positives."""
    pos, neg = histograms(positive, negative)
    return _curve(np.arange(len(pos)) / max(1, len(pos)), pos, neg)


def pr_curve(scores: Any, truth: Any) -> PrCurve | None:
    """Curve of films: one score and whether it is a positive, each; a point for each different score."""
    return _curve(*score_histograms(scores, truth))


def average_precision_of(positive: Any, negative: Any) -> float | None:
    """``PrCurve.average_precision`` of histograms; None without positives."""
    curve = pr_curve_of(positive, negative)
    return curve.average_precision if curve else None


def average_precision(scores: Any, truth: Any) -> float | None:
    """``PrCurve.average_precision`` of films; None without positives."""
    curve = pr_curve(scores, truth)
    return curve.average_precision if curve else None
