"""How much of the lungs is infected: predicted against true (tahir2021 section 3.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.segmentation import heading

PARTS = ("both", "left", "right")
LIMIT = 1.96
Floats = npt.NDArray[np.float64]


def share_pairs(entry: Entry, part: str) -> tuple[Floats, Floats]:
    """True and predicted share, 0..1, of each film where both are known; the prediction is the folds' mean.

    The true one is that of the true mask on the true lungs, the same in all folds.
    """
    truth: dict[str, float] = {}
    predicted: dict[str, list[float]] = {}
    for cell in entry.scored:
        for film in cell.films.films if cell.films else []:
            true, drawn = getattr(film.truth_shares, part), getattr(film.predicted_shares, part)
            if true is not None and drawn is not None:
                truth[film.sample_id] = true
                predicted.setdefault(film.sample_id, []).append(drawn)
    order = sorted(truth)
    return np.array([truth[name] for name in order]), np.array([np.mean(predicted[name]) for name in order])


def quantification_rows(entry: Entry) -> list[dict[str, Any]]:
    """For both lungs and each: bias and limits of agreement (Bland and Altman 1986), mean error, correlation."""
    return [_row(entry, part) for part in PARTS]


def _row(entry: Entry, part: str) -> dict[str, Any]:
    truth, predicted = share_pairs(entry, part)
    row = heading(entry) | {"lungs": part, "films_with_share": len(truth)}
    if not len(truth):
        empty = dict.fromkeys(("bias", "sd", "lower_limit", "upper_limit", "mean_absolute_error", "correlation"))
        return row | empty
    difference = predicted - truth
    bias = float(difference.mean())
    sd = float(difference.std(ddof=1)) if len(difference) > 1 else None
    varied = len(truth) > 2 and truth.std() > 0 and predicted.std() > 0
    return row | {
        "bias": bias,
        "sd": sd,
        "lower_limit": None if sd is None else bias - LIMIT * sd,
        "upper_limit": None if sd is None else bias + LIMIT * sd,
        "mean_absolute_error": float(np.abs(difference).mean()),
        "correlation": float(np.corrcoef(truth, predicted)[0, 1]) if varied else None,
    }
