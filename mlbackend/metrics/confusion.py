"""Counts of agreeing and disagreeing pixels, from which all other metrics follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Confusion:
    """Numbers of pixels (or films); add counts of several films to accumulate them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def total(self) -> int:
        """Number of pixels counted."""
        return self.tp + self.fp + self.fn + self.tn


def confusion(predicted: npt.NDArray[Any], truth: npt.NDArray[Any]) -> Confusion:
    """Count pixels of two masks of one shape; anything but 0 is foreground. Raises ValueError where shapes differ."""
    if predicted.shape != truth.shape:
        raise ValueError(f"masks have shapes {predicted.shape} and {truth.shape}; both must be the same")
    drawn, true = np.asarray(predicted, bool), np.asarray(truth, bool)
    tp = int(np.count_nonzero(drawn & true))
    fp = int(np.count_nonzero(drawn)) - tp
    fn = int(np.count_nonzero(true)) - tp
    return Confusion(tp, fp, fn, drawn.size - tp - fp - fn)
