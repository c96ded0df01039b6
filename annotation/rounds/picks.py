"""Blind choices as they count: who chose what, a tie of several masks in parts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from annotation.masks.models import Mask
from annotation.reviews.models import Selection, SelectionDecision, TaskKind

DRAWING = ""
"""Stands for people among the makers of masks."""


@dataclass(frozen=True)
class Choice:
    """A person's choice, made ``times`` times. ``credit`` by maker sums to 1, and is empty where all were denied."""

    who: str
    """Pseudonym."""
    times: int
    credit: dict[str, float]
    """Ids of networks, and ``DRAWING``."""


def choices_made(batch_id: UUID | None) -> list[Choice]:
    """All choices of a batch that count. Repeats are left out, and choices between two people's corrections.

    Those of one mask are counted by the database; those of a tie group, which are few, come one by one.
    """
    acts = Selection.objects.filter(
        task__batch_id=batch_id, task__repeat_of__isnull=True, counts=True, supersedes__isnull=True,
        superseded_by__isnull=True,
    )  # fmt: skip
    acts = acts.exclude(task__parent__kind=TaskKind.CORRECTION).order_by()
    denied = acts.filter(decision=SelectionDecision.DENY).values_list("actor__pseudonym")
    found = [Choice(who, times, {}) for who, times in denied.annotate(times=Count("pk"))]
    picked = acts.exclude(decision=SelectionDecision.DENY)
    alone = picked.filter(credited__1__isnull=True).values_list("actor__pseudonym", "picked__model_version")
    for who, model, times in alone.annotate(times=Count("pk")):
        found.append(Choice(who, times, {str(model) if model else DRAWING: 1.0}))
    ties = list(picked.filter(credited__1__isnull=False).values_list("actor__pseudonym", "credited"))
    makers = _makers({mask for _, members in ties for mask in members})
    for who, members in ties:
        credit: dict[str, float] = defaultdict(float)
        for mask in members:
            credit[makers[mask]] += 1 / len(members)
        found.append(Choice(who, 1, dict(credit)))
    return found


def _makers(masks: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    ids = sorted(masks)
    for start in range(0, len(ids), 500):
        rows = Mask.objects.filter(pk__in=ids[start : start + 500]).values_list("pk", "model_version_id")
        found |= {str(pk): str(model) if model else DRAWING for pk, model in rows}
    return found


def credit_of(choices: list[Choice]) -> dict[str, float]:
    """Credit by maker."""
    credit: dict[str, float] = defaultdict(float)
    for choice in choices:
        for maker, part in choice.credit.items():
            credit[maker] += choice.times * part
    return dict(credit)


def counts_of(choices: list[Choice]) -> tuple[int, int]:
    """Picks, and denials."""
    picks = sum(choice.times for choice in choices if choice.credit)
    return picks, sum(choice.times for choice in choices) - picks
