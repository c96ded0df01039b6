"""Effort saved: what people really spent, against drawing every film by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count

from annotation.projects.models import Project
from annotation.reviews.models import Edit, EditDecision
from annotation.rounds.selectors.effort import CURRENT
from annotation.rounds.selectors.outcomes import Outcome

DRAW_SECONDS = 68.0
"""What one film takes that is drawn by hand, in seconds of one person: an assumption where it was not measured."""
DRAW_SOURCE = "SA-1B's first 34 s a mask, two lungs: a film drawn by hand (Kirillov et al. 2023, section 4)"
"""Kirillov et al. 2023, "Segment Anything", section 4."""
ENOUGH_DRAWINGS = 10
"""Drawings from nothing in a project whose mean says more than the assumption."""


@dataclass(frozen=True)
class DrawingTime:
    """What drawing a film from nothing takes, in seconds of one person, and where the number comes from."""

    seconds: float = DRAW_SECONDS
    source: str = DRAW_SOURCE
    measured: int = 0
    """Drawings that it is the mean of; 0 where it is an assumption."""


def drawing_time(project: Project) -> DrawingTime:
    """The mean of the project's own drawings from nothing where there are ``ENOUGH_DRAWINGS``, else the assumption."""
    drawn = Edit.objects.filter(
        task__project=project, task__is_probe=False, decision=EditDecision.CORRECT, start=None, **CURRENT
    ).aggregate(seconds=Avg("active_seconds"), films=Count("pk"))
    if drawn["films"] < ENOUGH_DRAWINGS or not drawn["seconds"]:
        return DrawingTime()
    return DrawingTime(
        round(drawn["seconds"], 1), f"the mean of this project's {drawn['films']} drawings from nothing", drawn["films"]
    )


def effort_saved(
    effort: list[dict[str, Any]],
    outcomes: list[Outcome],
    drawing: DrawingTime,
    draw_seconds: float | None = None,
) -> dict[str, Any]:
    """Saved share of drawing by hand, in all and by batch, and with half and double the seconds of a drawing.

    ``effort`` is ``effort_by_batch``'s; ``draw_seconds`` takes the place of ``drawing``'s where given. By hand: that
    many seconds for each film that has its mask now, seeds left out, in the batch that the mask comes from.
    Spent: the active seconds of all that people did, withdrawn work, opinions, probes, repeats and verification too; so
    films that are still being read cost already and count for nothing yet. Nobody is taken to check what was drawn by
    hand.
    """
    if draw_seconds is None:
        draw_seconds = drawing.seconds
    home = Counter(outcome.round_number for outcome in outcomes if outcome.stands and not outcome.verified)
    batches = []
    for batch in effort:
        spent = batch["active_seconds"] + batch["probe_seconds"] + batch["repeat_seconds"]
        films = home[batch["number"]]
        batches.append({"batch": batch["batch"], "number": batch["number"], **_balance(films, spent, draw_seconds)})
    films = sum(batch["films"] for batch in batches)
    spent = sum(batch["spent_seconds"] for batch in batches)
    return {
        "draw_seconds": draw_seconds,
        "default_draw_seconds": drawing.seconds,
        "source": drawing.source,
        "measured_drawings": drawing.measured,
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
