"""Are picks spread evenly over the places on the screen?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from scipy.special import chdtrc

SMALLEST_EXPECTED = 5.0
"""Cochran's rule: below it the chi-square distribution is no good approximation."""
ROUNDING = 1e-6


@lru_cache(maxsize=1024)
def rank_chances(sizes: tuple[int, ...], picked: int) -> tuple[float, ...]:
    """Chance of each place, 0 first, for a tie group of ``picked`` members among the ``sizes`` of all groups.

    Masks are shuffled; a tie group is shown once, where its first member falls. A group of several members therefore
    tends to come early, whatever the reader likes: the first place falls to each group in proportion to its members,
    the next in proportion among those left, and so on. Without ties each place has the chance 1/n.
    ``sizes`` hold the picked group too; raises ValueError where they do not.
    """
    others = list(sizes)
    others.remove(picked)
    chances = [0.0] * len(sizes)

    def place(rank: int, left: tuple[int, ...], chance: float) -> None:
        total = picked + sum(left)
        chances[rank] += chance * picked / total
        for i, size in enumerate(left):
            place(rank + 1, (*left[:i], *left[i + 1 :]), chance * size / total)

    if set(others) == {1} or not others:
        # Without other ties all that stands before is alike: no need to walk each order.
        chance = 1.0
        for rank in range(len(sizes)):
            total = picked + len(others) - rank
            chances[rank] = chance * picked / total
            chance *= (total - picked) / total
    else:
        place(0, tuple(others), 1.0)
    return tuple(chances)


def even_picks(picks: Sequence[tuple[int, tuple[float, ...]]]) -> dict[str, Any]:
    """Counts of picks by place against what no preference for a place gives, with Pearson's chi-square test.

    ``picks`` are (place from 0, chance of each place) of choices with equally many panes. ``p`` is the chance of a
    spread as uneven as this or more; None where a place expects fewer than five picks, with ``needed`` picks at which
    it would not.
    """
    panes = len(picks[0][1])
    observed, expected = [0] * panes, [0.0] * panes
    for place, chances in picks:
        observed[place] += 1
        for i, chance in enumerate(chances):
            expected[i] += chance
    chi_square = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True)) if panes > 1 else 0.0
    testable = panes > 1 and min(expected) > SMALLEST_EXPECTED - ROUNDING
    return {
        "panes": panes,
        "picks": len(picks),
        "observed": observed,
        "expected": expected,
        "chi_square": chi_square,
        "df": panes - 1,
        "p": float(chdtrc(panes - 1, chi_square)) if testable else None,
        "needed": math.ceil(SMALLEST_EXPECTED * len(picks) / min(expected) - ROUNDING),
    }
