"""Effort saved: what people really spent, against drawing every film by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

from annotation.rounds.selectors.outcomes import Outcome

DRAW_SECONDS = 68.0
"""What one film takes that is drawn by hand, in seconds of one person: an assumption unless it was measured."""
DRAW_SOURCE = "SA-1B's first 34 s a mask, two lungs: a film drawn by hand"
"""Kirillov et al. 2023, "Segment Anything", section 4."""


def effort_saved(
    effort: list[dict[str, Any]], outcomes: list[Outcome], draw_seconds: float = DRAW_SECONDS
) -> dict[str, Any]:
    """Saved share of drawing by hand, in all and by batch, and with half and double the seconds of a drawing.

    ``effort`` is ``effort_by_batch``'s. By hand: ``draw_seconds`` for each film that has its mask now, seeds left out.
    Spent: the active seconds of all that people did, withdrawn work, opinions, probes, repeats and verification too; so
    films that are still being read cost already and count for nothing yet. Nobody is taken to check what was drawn by
    hand.
    """
    home = Counter(outcome.round_number for outcome in outcomes if not outcome.verified)
    batches = []
    for batch in effort:
        spent = batch["active_seconds"] + batch["probe_seconds"] + batch["repeat_seconds"]
        films = home[batch["number"]]
        batches.append({"batch": batch["batch"], "number": batch["number"], **_balance(films, spent, draw_seconds)})
    films = sum(batch["films"] for batch in batches)
    spent = sum(batch["spent_seconds"] for batch in batches)
    return {
        "draw_seconds": draw_seconds,
        "default_draw_seconds": DRAW_SECONDS,
        "source": DRAW_SOURCE,
        **_balance(films, spent, draw_seconds),
        "half": _balance(films, spent, draw_seconds / 2),
        "double": _balance(films, spent, draw_seconds * 2),
        "break_even_seconds": spent / films if films else None,
        "batches": batches,
    }


def _balance(films: int, spent: float, draw_seconds: float) -> dict[str, Any]:
    """Seconds by hand and spent, and the share saved: at most 1, below 0 where networks cost more than they save."""
    by_hand = films * draw_seconds
    return {
        "films": films,
        "spent_seconds": spent,
        "by_hand_seconds": by_hand,
        "saved_seconds": by_hand - spent,
        "saved_share": (by_hand - spent) / by_hand if by_hand else None,
    }
