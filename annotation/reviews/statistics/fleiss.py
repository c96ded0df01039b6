"""Fleiss' kappa: agreement of several readers, each film read by equally many, not always the same."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotation.reviews.statistics.resampling import bootstrap_interval

Array = npt.NDArray[np.float64]


def fleiss_kappa(readings: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Kappa over films that were read by equally many (Fleiss 1971), with a bootstrap interval over films.

    ``readings`` holds each film's verdicts in any order; raises ValueError where their number differs or is below two.
    ``agreement`` is the mean share of agreeing pairs, 0..1. By category: its ``share`` of all readings, ``agreement``
    (given one reader said so, the share of the others who did too) and its own ``kappa`` (Fleiss 1971, formulas 9 to
    11). ``kappa`` is None where all readings are of one category.
    """
    readers = {len(said) for said in readings}
    if len(readers) != 1 or min(readers) < 2:
        raise ValueError(f"readers: {sorted(readers)} is not valid; use films with one number of readers, two or more")
    (n,) = readers
    patterns = Counter(tuple(sorted(said)) for said in readings)
    names = sorted({name for said in patterns for name in said})
    table = np.array([[said.count(name) for name in names] for said in patterns], float)
    counts = np.array(list(patterns.values()))

    def statistic(drawn: Array) -> Array:
        return _kappa(drawn, table, n)

    kappa = float(statistic(counts[None].astype(float))[0])
    interval = None if math.isnan(kappa) else bootstrap_interval(counts, statistic)
    agreeing = counts @ (table * (table - 1)).sum(axis=1)
    return {
        "readers": n,
        "films": len(readings),
        "agreement": float(agreeing / (len(readings) * n * (n - 1))),
        "kappa": None if math.isnan(kappa) else kappa,
        "low": interval and interval[0],
        "high": interval and interval[1],
        "categories": [_category(name, counts, table[:, i], n) for i, name in enumerate(names)],
    }


def _kappa(drawn: Array, table: Array, n: int) -> Array:
    """Kappa of each resample: drawn (R, P) films by pattern, table (P, K) readings by pattern and category."""
    films = drawn.sum(axis=1)
    seen = drawn @ (table * (table - 1)).sum(axis=1) / (films * n * (n - 1))
    share = drawn @ table / (films * n)[:, None]
    chance = (share**2).sum(axis=1)
    beyond = np.where(np.isclose(chance, 1), np.nan, 1 - chance)
    return np.asarray((seen - chance) / beyond)


def _category(name: str, counts: npt.NDArray[np.int64], said: Array, n: int) -> dict[str, Any]:
    films = int(counts.sum())
    total = float(counts @ said)
    share = total / (films * n)
    agreement = float(counts @ (said * (said - 1))) / (total * (n - 1))
    return {
        "decision": name,
        "readings": int(total),
        "share": share,
        "agreement": agreement,
        "kappa": None if math.isclose(share, 1) else (agreement - share) / (1 - share),
    }
