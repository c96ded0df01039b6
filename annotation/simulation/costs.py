"""Modelled seconds of people: what each act costs, against drawing everything by hand.

Sources. SA-1B: Kirillov et al. 2023, "Segment Anything", section 4: a mask took 34 s at first and 14 s when the network
that proposed it had been retrained six times. A pick among six masks: 5 s, so that the 30,900 picks of tahir2021 are
43 h. What has no source is called an assumption; the report shows what half and double of each does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from annotation.rounds.selectors.saving import DRAW_SECONDS, DRAW_SOURCE

SOURCES: dict[str, str] = {
    "verdict": "one look at one mask, taken as long as a pick among six: 5 s",
    "correct": "SA-1B's assisted 14 s a mask, two lungs: what the touching-up of a good mask takes",
    "draw": DRAW_SOURCE,
    "pick": "a pick among six masks: 5 s",
    "deny": "as a pick: all candidates are looked at",
    "adjudicate": "assumption: an MD looks, decides and writes a line",
    "verify": "one look at one mask, as a verdict",
}


@dataclass(frozen=True)
class Costs:
    """Seconds of one person for one act on one film."""

    verdict: float = 5.0
    correct: float = 28.0
    draw: float = DRAW_SECONDS
    pick: float = 5.0
    deny: float = 5.0
    adjudicate: float = 20.0
    verify: float = 5.0
    redraw_below: float = 0.5
    """DSC, 0..1: a start as bad as this is drawn anew."""

    def __post_init__(self) -> None:
        for name in SOURCES:
            if getattr(self, name) < 0:
                raise ValueError(f"seconds of {name}: {getattr(self, name)} is not valid; use 0 or more")
        if not 0 <= self.redraw_below < 1:
            raise ValueError(f"redraw_below: {self.redraw_below} is not valid; use a DSC from 0 to below 1")

    def correction(self, start_dsc: float) -> float:
        """Seconds to correct a mask that starts at this DSC: from ``correct`` at 1 in a line up to ``draw`` at
        ``redraw_below``; never more than drawing."""
        wrong = min(1.0, (1 - start_dsc) / (1 - self.redraw_below))
        return min(self.draw, self.correct + (self.draw - self.correct) * wrong)


@dataclass(frozen=True)
class ActRecord:
    """One act. ``kind`` is ``verdict``, ``correction``, ``adjudication``, ``pick``, ``deny`` or ``verification``."""

    kind: str
    round: str
    start_dsc: float | None = None
    """DSC of the mask that a correction started from; also of a verification that corrected."""


def seconds_of(act: ActRecord, costs: Costs) -> float:
    """Modelled seconds of an act. A verification that corrects pays for the look and for the correction."""
    correction = costs.correction(act.start_dsc) if act.start_dsc is not None else 0.0
    look = {
        "verdict": costs.verdict,
        "correction": 0.0,
        "adjudication": costs.adjudicate,
        "pick": costs.pick,
        "deny": costs.deny,
        "verification": costs.verify,
    }[act.kind]
    return look + correction


@dataclass(frozen=True)
class Balance:
    """Modelled seconds with networks and without."""

    assisted: float
    by_hand: float

    @property
    def saved(self) -> float:
        """Seconds; negative where the networks cost more than they save."""
        return self.by_hand - self.assisted

    @property
    def share(self) -> float | None:
        """Saved share of drawing by hand; None where there was nothing to draw."""
        return self.saved / self.by_hand if self.by_hand else None

    def as_json(self) -> dict[str, Any]:
        """Seconds with one digit after the point."""
        return {
            "modelled_seconds": round(self.assisted, 1),
            "by_hand_seconds": round(self.by_hand, 1),
            "saved_seconds": round(self.saved, 1),
            "saved_share": self.share if self.share is None else round(self.share, 4),
        }


def balance(acts: Iterable[ActRecord], films: int, costs: Costs) -> Balance:
    """All acts against drawing ``films`` films; nobody is taken to check what was drawn by hand."""
    return Balance(sum(seconds_of(act, costs) for act in acts), films * costs.draw)


def effort(
    acts: Sequence[ActRecord], *, films: int, seeds: int, films_by_round: dict[str, int], costs: Costs
) -> dict[str, Any]:
    """The report's ``effort``: totals, by kind of act, by round, and what other constants would give.

    ``films`` are those that have ground truth now, seeds left out; ``seeds`` were drawn by hand in either case and are
    left out of the first figures and counted on both sides in ``with_seeds``.
    """
    total = balance(acts, films, costs)
    kinds: dict[str, list[float]] = defaultdict(list)
    rounds: dict[str, list[ActRecord]] = defaultdict(list)
    for act in acts:
        kinds[act.kind].append(seconds_of(act, costs))
        rounds[act.round].append(act)
    drawn = seeds * costs.draw
    return {
        **total.as_json(),
        "films": films,
        "with_seeds": Balance(total.assisted + drawn, total.by_hand + drawn).as_json(),
        "acts": {kind: {"count": len(s), "seconds": round(sum(s), 1)} for kind, s in sorted(kinds.items())},
        "rounds": {
            name: balance(rounds.get(name, []), count, costs).as_json() for name, count in films_by_round.items()
        },
        "constants": {name: {"seconds": getattr(costs, name), "source": SOURCES[name]} for name in SOURCES},
        "redraw_below": costs.redraw_below,
        "sensitivity": _sensitivity(acts, films, costs),
    }


def _sensitivity(acts: Sequence[ActRecord], films: int, costs: Costs) -> list[dict[str, Any]]:
    """Saved share with each constant, and all but drawing together, at half and at double."""
    names = [field.name for field in fields(costs) if field.name in SOURCES]
    groups = {name: [name] for name in names} | {"all but drawing": [name for name in names if name != "draw"]}
    rows = []
    for label, members in groups.items():
        row: dict[str, Any] = {"constant": label}
        for word, factor in (("half", 0.5), ("double", 2.0)):
            changed = replace(costs, **{name: getattr(costs, name) * factor for name in members})
            row[word] = balance(acts, films, changed).as_json()["saved_share"]
        rows.append(row)
    return rows
