"""Bootstrap intervals over patients: a person's films are drawn together, because they resemble each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS = 2_000
CHUNK = 200
"""Draws at a time: a chunk of 200 x 7,000 weights is 11 MB."""


def patient_places(patients: Sequence[str]) -> tuple[npt.NDArray[np.intp], int]:
    """For each film the number of its patient (by name, so that the films' order decides nothing), and how many."""
    if not len(patients):
        raise ValueError("patients: none is given; a bootstrap needs at least one film")
    names, place = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    return place, len(names)


def sums_by_patient(patients: Sequence[str], values: Any) -> Floats:
    """Sum films' ``values`` (films, k) over each patient: (patients, k)."""
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or len(table) != len(patients):
        raise ValueError(f"values have shape {table.shape} for {len(patients)} films; give one row a film")
    place, count = patient_places(patients)
    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, place, table)
    return sums


def patient_draws(count: int, draws: int = DRAWS, seed: int = 1) -> Iterator[Floats]:
    """How often each of ``count`` patients is drawn, with replacement, in each draw: chunks of (draws, patients)."""
    if draws < 1:
        raise ValueError(f"draws: {draws!r} is not valid; use a whole number from 1")
    rng = np.random.default_rng(seed)
    for start in range(0, draws, CHUNK):
        size = min(CHUNK, draws - start)
        picks = rng.integers(0, count, (size, count)) + np.arange(size)[:, None] * count
        yield np.bincount(picks.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def bootstrap_sums(patients: Sequence[str], values: Any, *, draws: int = DRAWS, seed: int = 1) -> Floats:
    """Films' ``values`` (films, k) summed over patients drawn anew: (draws, k). Any ratio of sums follows from it."""
    sums = sums_by_patient(patients, values)
    return np.concatenate([weights @ sums for weights in patient_draws(len(sums), draws, seed)])


def percentile_interval(samples: Any, level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of the drawn figures (percentile method), linear interpolation; both ends nan if all are.

    Draws in which a figure is not defined (nan) count on neither side.
    """
    known = np.asarray(samples, np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def bootstrap_interval(
    patients: Sequence[str],
    values: Any,
    statistic: Callable[[Floats], Floats],
    *,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of a figure of sums: ``statistic`` takes (draws, k) sums of the films' ``values`` and gives (draws,).

    For an accumulated score, ``values`` are TP, FP, FN, TN of each film and ``statistic`` is one of ``on_sums``.
    """
    return percentile_interval(statistic(bootstrap_sums(patients, values, draws=draws, seed=seed)), level)


def bootstrap_quantile_interval(
    patients: Sequence[str],
    values: Any,
    share: float = 0.5,
    *,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of the quantile ``share`` (0.5 is the median) of one value a film, which no sum gives.

    The quantile of a draw is numpy's of its films: between two values it is taken in proportion.
    """
    table = np.asarray(values, np.float64)
    if table.shape != (len(patients),):
        raise ValueError(f"values have shape {table.shape} for {len(patients)} films; give one number a film")
    if not 0 < share < 1:
        raise ValueError(f"share: {share!r} is not valid; use a fraction between 0 and 1")
    place, count = patient_places(patients)
    order = np.argsort(table, kind="stable")
    ranked, owners = table[order], place[order]
    found = []
    for weights in patient_draws(count, draws, seed):
        reached = np.cumsum(weights[:, owners], axis=1)
        place_of = (reached[:, -1:] - 1) * share
        below, above = (ranked[np.argmax(reached > edge(place_of), axis=1)] for edge in (np.floor, np.ceil))
        found.append(below + (place_of - np.floor(place_of))[:, 0] * (above - below))
    return percentile_interval(np.concatenate(found), level)
