"""Cohen's kappa: agreement of two readers beyond chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from annotation.reviews.statistics.resampling import bootstrap_interval
from mlbackend.metrics.interval import Z_95

Array = npt.NDArray[np.float64]


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """``films``, ``agreement`` (share of equal verdicts, 0..1), ``kappa`` (-1..1) with ``low`` and ``high``.

    ``pairs`` are two readers' verdicts of each film (Cohen 1960). ``kappa`` is None where chance agreement is perfect
    (both always said the same), as the ratio has no value there. The 95 % interval is kappa +- 1.96 large-sample
    standard errors (Fleiss, Cohen and Everitt 1969), cut to -1..1; None where the error is 0.
    """
    if not pairs:
        return {"films": 0, "agreement": None, "kappa": None, "low": None, "high": None}
    names = sorted({name for pair in pairs for name in pair})
    table: Array = np.zeros((len(names), len(names)))
    for one, other in pairs:
        table[names.index(one), names.index(other)] += 1
    agreement = float(np.trace(table) / table.sum())
    kappa = float(_kappa(table[None])[0])
    if math.isnan(kappa):
        return {"films": len(pairs), "agreement": agreement, "kappa": None, "low": None, "high": None}
    low, high = _interval(kappa, standard_error(table))
    return {"films": len(pairs), "agreement": agreement, "kappa": kappa, "low": low, "high": high}


def standard_error(table: Array) -> float:
    """Large-sample standard error of kappa, table (K, K) of counts (Fleiss, Cohen and Everitt 1969, formula 13)."""
    total = table.sum()
    share = table / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    seen, chance = float(np.trace(share)), float(rows @ columns)
    diagonal = np.diag(share) * ((1 - chance) - (columns + rows) * (1 - seen)) ** 2
    both = (columns[:, None] + rows[None, :]) ** 2
    off = share * both
    np.fill_diagonal(off, 0)
    variance = diagonal.sum() + (1 - seen) ** 2 * off.sum() - (seen * chance - 2 * chance + seen) ** 2
    return float(math.sqrt(max(0.0, variance) / total) / (1 - chance) ** 2)


def pooled_kappa(readings: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Cohen's kappa over all pairs of readings of all films, with a bootstrap interval over films.

    ``readings`` holds each film's verdicts in the order of the readers' names; a film with three makes three pairs,
    which are not independent: hence no large-sample error. ``films`` counts pairs' films, ``pairs`` the pairs.
    """
    patterns = Counter(tuple(said) for said in readings if len(said) > 1)
    if not patterns:
        return {"films": 0, "pairs": 0, "agreement": None, "kappa": None, "low": None, "high": None}
    names = sorted({name for said in patterns for name in said})
    tables = np.zeros((len(patterns), len(names), len(names)))
    for i, said in enumerate(patterns):
        for one, other in combinations(said, 2):
            tables[i, names.index(one), names.index(other)] += 1
    counts = np.array(list(patterns.values()))

    def statistic(drawn: Array) -> Array:
        return _kappa(np.tensordot(drawn, tables, axes=1))

    whole = np.tensordot(counts, tables, axes=1).astype(float)
    kappa = float(statistic(counts[None].astype(float))[0])
    interval = None if math.isnan(kappa) else bootstrap_interval(counts, statistic)
    return {
        "films": int(counts.sum()),
        "pairs": int(whole.sum()),
        "agreement": float(np.trace(whole) / whole.sum()),
        "kappa": None if math.isnan(kappa) else kappa,
        "low": interval and interval[0],
        "high": interval and interval[1],
    }


def _kappa(tables: npt.NDArray[Any]) -> Array:
    """Kappa of each table, (R, K, K) -> (R,); NaN where chance agreement is perfect."""
    total = tables.sum(axis=(1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / total
    chance = np.einsum("rk,rk->r", tables.sum(axis=2), tables.sum(axis=1)) / total**2
    beyond = np.where(np.isclose(chance, 1), np.nan, 1 - chance)
    return np.asarray((seen - chance) / beyond)


def _interval(kappa: float, error: float) -> tuple[float | None, float | None]:
    if error < 1e-12:
        return None, None
    return max(-1.0, kappa - Z_95 * error), min(1.0, kappa + Z_95 * error)
