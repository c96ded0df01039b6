"""How often each film is shown in an epoch where classes are to count as many. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt


def balanced_counts(positive: int, negative: int, limit: float) -> tuple[int, int]:
    """How many films with and without foreground an epoch shows of so many (degerli2021 tables II and V).

    The rarer class grows to the size of the other, but to no more than ``limit`` times its own. A class without a film
    stays without one; 0 for ``limit`` leaves both as they are.
    """

    def grown(own: int, other: int) -> int:
        return max(own, min(other, round(limit * own)))

    return grown(positive, negative), grown(negative, positive)


def added_rows(
    positive: npt.NDArray[np.bool_], limit: float, permutation: Callable[[int], npt.NDArray[np.int64]]
) -> npt.NDArray[np.int64]:
    """Rows that an epoch shows in addition to every film once; sorted.

    ``positive`` (N,) says which films have foreground. Each film of the rarer class comes in as often as any other of
    it, or once more: ``permutation`` of a number says which ones do.
    """
    counts = balanced_counts(int(positive.sum()), int((~positive).sum()), limit)
    found: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for rows, wanted in zip((np.flatnonzero(positive), np.flatnonzero(~positive)), counts, strict=True):
        missing = wanted - len(rows)
        if missing > 0:
            whole, rest = divmod(missing, len(rows))
            found += [np.tile(rows, whole), rows[permutation(len(rows))[:rest]]]
    return np.sort(np.concatenate(found))
