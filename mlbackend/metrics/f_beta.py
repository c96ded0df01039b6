"""F score with recall weighted beta times as much as precision."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mlbackend.metrics.confusion import Confusion, confusion


def f_beta_of(counts: Confusion, beta: float = 1.0) -> float:
    """(1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP), 0..1; 1.0 where both masks are empty, 0.0 where one is.

    With ``beta`` 1 it equals the DSC. Raises ValueError for a ``beta`` that is not above 0.
    """
    if not beta > 0:
        raise ValueError(f"beta: {beta!r} is not valid; use a number above 0")
    weight = beta * beta
    denominator = (1 + weight) * counts.tp + weight * counts.fn + counts.fp
    return (1 + weight) * counts.tp / denominator if denominator else 1.0


def f_beta(predicted: npt.NDArray[Any], truth: npt.NDArray[Any], beta: float = 1.0) -> float:
    """``f_beta_of`` two masks of one shape."""
    return f_beta_of(confusion(predicted, truth), beta)
