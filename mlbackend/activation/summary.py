"""The figures of a comparison: mean shares of mass with intervals over patients, and what both networks detect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlbackend.activation.films import GRAD_CAM, INFECTION_MAP, LUNGS, MAPS, TRUTH, ComparedFilm
from mlbackend.metrics import bootstrap_interval, confusion, roc_auc, sensitivity_of, specificity_of
from mlbackend.metrics.bootstrap import DRAWS

POSITIVE, NEGATIVE = "with infection", "without infection"
THRESHOLD = 0.5
Pairs = Sequence[tuple[str, float]]


def summary_of(films: Sequence[ComparedFilm]) -> dict[str, Any]:
    """Shares of each map in each region, films with and without infection apart, and detection over all films."""
    positive = [film for film in films if film.infected]
    negative = [film for film in films if not film.infected]
    return {
        "films": len(films),
        "patients": len({film.group for film in films}),
        "infected": len(positive),
        "draws": DRAWS,
        "shares": [
            *(_row(positive, POSITIVE, region) for region in (TRUTH, LUNGS)),
            _row(negative, NEGATIVE, LUNGS),
        ],
        "detection": {
            INFECTION_MAP: _detection(films, [film.highest for film in films]),
            GRAD_CAM: _detection(films, [film.classified for film in films]),
        },
    }


def _row(films: Sequence[ComparedFilm], group: str, region: str) -> dict[str, Any]:
    """One group of films and one region: each map's mean share, and the first's less the second's, film by film."""
    both = [
        (film.group, film.shares[INFECTION_MAP][region] - film.shares[GRAD_CAM][region])
        for film in films
        if region in film.shares[INFECTION_MAP] and region in film.shares[GRAD_CAM]
    ]
    of_maps = {
        name: mean_over_patients(
            [(film.group, film.shares[name][region]) for film in films if region in film.shares[name]]
        )
        for name in MAPS
    }
    return {"group": group, "region": region, "films": len(films), **of_maps, "difference": mean_over_patients(both)}


def mean_over_patients(values: Pairs) -> dict[str, Any]:
    """Mean of films' (patient, value), each film counting as one, with the 95 % bootstrap interval over patients.

    Mean and interval are None without a film.
    """
    if not values:
        return {"films": 0, "mean": None, "low": None, "high": None}
    table = np.array([[value, 1.0] for _, value in values])
    low, high = bootstrap_interval([group for group, _ in values], table, _mean)
    return {"films": len(values), "mean": float(table[:, 0].mean()), "low": low, "high": high}


def _mean(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(sums[:, 0] / sums[:, 1])


def _detection(films: Sequence[ComparedFilm], scores: Sequence[float]) -> dict[str, Any]:
    """A film counts as found from a score of 0.5 on (degerli2021 section II-D; the classifier's two outputs)."""
    truth = np.array([film.infected for film in films])
    counts = confusion(np.array(scores) >= THRESHOLD, truth)
    return {
        "tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn,
        "sensitivity": sensitivity_of(counts), "specificity": specificity_of(counts), "auc": roc_auc(scores, truth),
    }  # fmt: skip
