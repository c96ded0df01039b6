"""The scores of ``*_of`` on many counts at once: (draws, 4) of TP, FP, FN, TN to (draws,)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Score = Callable[[Floats], Floats]


def _share(hits: Floats, base: Floats, otherwise: Floats | float) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(base > 0, hits / base, otherwise))


def _columns(counts: Any) -> tuple[Floats, Floats, Floats, Floats]:
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    return tp, fp, fn, tn


def accuracies(counts: Any) -> Floats:
    """``accuracy_of`` each row; nan where nothing was counted."""
    tp, fp, fn, tn = _columns(counts)
    return _share(tp + tn, tp + fp + fn + tn, np.nan)


def ious(counts: Any) -> Floats:
    """``iou_of`` each row."""
    tp, fp, fn, _ = _columns(counts)
    return _share(tp, tp + fp + fn, 1.0)


def f_betas(counts: Any, beta: float = 1.0) -> Floats:
    """``f_beta_of`` each row."""
    tp, fp, fn, _ = _columns(counts)
    weight = beta * beta
    return _share((1 + weight) * tp, (1 + weight) * tp + weight * fn + fp, 1.0)


def dices(counts: Any) -> Floats:
    """``dice_of`` each row."""
    return f_betas(counts)


def f2s(counts: Any) -> Floats:
    """``f_beta_of`` each row with beta 2."""
    return f_betas(counts, 2.0)


def sensitivities(counts: Any) -> Floats:
    """``sensitivity_of`` each row."""
    tp, fp, fn, _ = _columns(counts)
    return _share(tp, tp + fn, (fp == 0).astype(float))


def precisions(counts: Any) -> Floats:
    """``precision_of`` each row."""
    tp, fp, fn, _ = _columns(counts)
    return _share(tp, tp + fp, (fn == 0).astype(float))


def specificities(counts: Any) -> Floats:
    """``specificity_of`` each row."""
    _, fp, fn, tn = _columns(counts)
    return _share(tn, tn + fp, (fn == 0).astype(float))


SCORES: dict[str, Score] = {
    "accuracy": accuracies,
    "iou": ious,
    "dsc": dices,
    "sensitivity": sensitivities,
    "specificity": specificities,
    "precision": precisions,
    "f1": dices,
    "f2": f2s,
}
