"""Whether two networks differ on the same films: paired tests, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from mlbackend.metrics.bootstrap import sums_by_patient

Floats = npt.NDArray[np.float64]
PERMUTATIONS = 9_999
CHUNK = 500
ROUNDING = 1e-12
"""Differences this close are ties: a swap that changes nothing must count as one."""


def swaps(count: int, draws: int = PERMUTATIONS, seed: int = 1) -> Iterator[Floats]:
    """Which patients' results are swapped, 0 or 1: chunks of (draws, patients); all 2^n ways where they are no more."""
    if count < 63 and 2**count <= draws:
        ways = np.arange(2**count)
        for start in range(0, len(ways), CHUNK):
            yield (ways[start : start + CHUNK, None] >> np.arange(count) & 1).astype(np.float64)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, draws, CHUNK):
        yield rng.integers(0, 2, (min(CHUNK, draws - start), count), np.uint8).astype(np.float64)


def paired_permutations(
    patients: Sequence[str],
    values: Sequence[Any],
    statistic: Callable[[Floats], Floats],
    *,
    draws: int = PERMUTATIONS,
    seed: int = 1,
) -> dict[tuple[int, int], tuple[float, float]]:
    """Difference and two-sided p of each pair of networks: {(i, j): (figure of i - figure of j, p)}.

    ``values`` holds for each network its films' (films, k), on the same films in the same order; ``statistic`` takes
    (draws, k) sums and gives (draws,), such as ``on_sums.dices``. If two networks were equally good, it would not
    matter which one's results on a patient bear whose name: all films of a patient are swapped together, at random, and
    p is the share of swaps with a difference at least as great (Fisher's randomisation test). The observed way counts
    as one of them, so p is never 0; few patients are gone through exhaustively. Raises ValueError for draws below 1.
    """
    if draws < 1:
        raise ValueError(f"draws: {draws!r} is not valid; use a whole number from 1")
    sums = [sums_by_patient(patients, table) for table in values]
    totals = [table.sum(axis=0) for table in sums]
    pairs = list(combinations(range(len(sums)), 2))
    observed = {(i, j): float(statistic(totals[i][None])[0] - statistic(totals[j][None])[0]) for i, j in pairs}
    reached = dict.fromkeys(pairs, 0)
    made = 0
    exhaustive = bool(sums) and len(sums[0]) < 63 and 2 ** len(sums[0]) <= draws
    for swapped in swaps(len(sums[0]), draws, seed) if pairs else ():
        made += len(swapped)
        leaving = [swapped @ table for table in sums]
        for i, j in pairs:
            moved = leaving[i] - leaving[j]
            difference = statistic(totals[i] - moved) - statistic(totals[j] + moved)
            reached[i, j] += int(np.count_nonzero(np.abs(difference) >= abs(observed[i, j]) - ROUNDING))
    extra = 0 if exhaustive else 1
    return {pair: (observed[pair], (reached[pair] + extra) / (made + extra)) for pair in pairs}


def paired_permutation(
    patients: Sequence[str],
    first: Any,
    second: Any,
    statistic: Callable[[Floats], Floats],
    *,
    draws: int = PERMUTATIONS,
    seed: int = 1,
) -> tuple[float, float]:
    """``paired_permutations`` of two networks: the difference first - second, and p."""
    return paired_permutations(patients, [first, second], statistic, draws=draws, seed=seed)[0, 1]


def wilcoxon_p(first: Any, second: Any) -> float:
    """Two-sided p of Wilcoxon's signed-rank test on one score a film; 1.0 where no film differs.

    It takes films as independent, which films of one patient are not: read it beside ``paired_permutation``.
    """
    # It takes a second to load: not for the web process, which reads scores and tests nothing.
    from scipy.stats import wilcoxon

    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 1 or one.shape != two.shape:
        raise ValueError(f"scores have shapes {one.shape} and {two.shape}; give one score a film, of the same films")
    differences = one - two
    if not np.any(np.abs(differences) > ROUNDING):
        return 1.0
    return float(wilcoxon(differences, method="approx").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p after Holm's step-down correction (Holm 1979), in the order given; below 0.05 holds for all together."""
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1 or ((values < 0) | (values > 1) | np.isnan(values)).any():
        raise ValueError(f"p_values: {p_values!r} is not valid; give numbers from 0 to 1")
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    return [float(value) for value in adjusted]
