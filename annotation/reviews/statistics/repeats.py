"""Does a person choose alike when the same film comes back, or would blind chance do as well?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlbackend.metrics import wilson_interval


@dataclass(frozen=True)
class Repeated:
    """One person's two choices on one film.

    ``first`` and ``second`` name the pane that was picked by its tie group, None where all were denied. ``panes`` are
    the tie groups on the screen. ``place_chance`` is the chance, 0..1, that the second pick lies at the place of the
    first one where places mean nothing; ``same_place`` whether it did. Both are None where one of the two denied.
    """

    first: int | None
    second: int | None
    panes: int
    same_place: bool | None = None
    place_chance: float | None = None


def repeated_choices(pairs: Sequence[Repeated]) -> dict[str, Any]:
    """How often the second choice is the first one, against chance, with 95 % Wilson intervals.

    ``alike``: the same tie group, or both times none. Its ``chance`` is that of two choices that know nothing of each
    other and of the masks, by a person who denies as often as this one did: d1 d2 + (1 - d1)(1 - d2) times the mean of
    1 / panes, with d1 and d2 the shares of denials among first and second choices. ``picked``: of the films picked on
    both times the same tie group; chance is the mean of 1 / panes. ``place``: of the same films, the second pick at the
    place of the first; chance is what new shuffles give. Every figure is None without films.
    """
    both = [pair for pair in pairs if pair.first is not None and pair.second is not None]
    even = _mean([1 / pair.panes for pair in pairs])
    chance = None
    if even is not None:
        first = sum(pair.first is None for pair in pairs) / len(pairs)
        second = sum(pair.second is None for pair in pairs) / len(pairs)
        chance = first * second + (1 - first) * (1 - second) * even
    return {
        "alike": _against(sum(pair.first == pair.second for pair in pairs), len(pairs), chance),
        "picked": _against(
            sum(pair.first == pair.second for pair in both), len(both), _mean([1 / pair.panes for pair in both])
        ),
        "place": _against(
            sum(bool(pair.same_place) for pair in both), len(both), _mean([pair.place_chance or 0.0 for pair in both])
        ),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _against(count: int, of: int, chance: float | None) -> dict[str, Any]:
    low, high = wilson_interval(count / of, of) if of else (None, None)
    return {"count": count, "of": of, "share": count / of if of else None, "low": low, "high": high, "chance": chance}
