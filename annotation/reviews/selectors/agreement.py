"""Do readers of one film agree? For researchers and admins."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any
from uuid import UUID

import numpy as np
from django.core.cache import cache

from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read
from annotation.projects.models import Project, Role
from annotation.reviews.models import (
    Edit,
    ReviewTask,
    Selection,
    SelectionDecision,
    TaskKind,
    TaskState,
    Verdict,
    Verification,
    VerificationDecision,
)
from annotation.reviews.models.acts import WITHDRAWN
from annotation.reviews.selectors.shares import counted_share
from annotation.reviews.statistics import cohen_kappa, fleiss_kappa, pooled_kappa
from mlbackend.metrics import dice

CURRENT = {"counts": True, "supersedes__isnull": True, "superseded_by__isnull": True}
COMPARED_AT_ONCE = 200
"""Pairs of masks that one request reads from storage; what it leaves out is counted."""

Film = tuple[UUID, UUID]
"""A film in a batch: batch and project image."""


def verdict_agreement(project: Project) -> dict[str, Any]:
    """How verdicts on the same proposal agree, over films that two or more people read in one batch.

    ``read`` are films with a verdict, ``read_by_more`` those with two or more. ``kappa`` is Cohen's over all pairs of
    readings with its bootstrap interval, ``pairs`` the same by pair of reviewers with its large-sample interval.
    ``fleiss`` has one entry for each number of readers, as the kappa of several readers is defined for one number.
    """
    readings: dict[Film, list[tuple[str, str]]] = defaultdict(list)
    rows = Verdict.objects.filter(task__project=project, task__is_probe=False, **CURRENT)
    for batch, film, who, decision in rows.values_list(
        "task__batch_id", "task__project_image_id", "actor__pseudonym", "decision"
    ):
        readings[batch, film].append((who, decision))
    several = [sorted(said) for said in readings.values() if len(said) > 1]
    by_pair: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    by_number: dict[int, list[list[str]]] = defaultdict(list)
    for said in several:
        by_number[len(said)].append([decision for _, decision in said])
        for (first, one), (second, other) in combinations(said, 2):
            by_pair[first, second].append((one, other))
    return {
        "read": len(readings),
        "read_by_more": counted_share(len(several), len(readings)),
        **pooled_kappa([[decision for _, decision in said] for said in several]),
        "pairs": [{"reviewers": list(who), **cohen_kappa(pairs)} for who, pairs in sorted(by_pair.items())],
        "fleiss": [fleiss_kappa(films) for _, films in sorted(by_number.items())],
    }


def selection_agreement(project: Project) -> dict[str, Any]:
    """Of the films whose best mask several people chose: the share in which all chose alike.

    Alike is the same tie group, or all denied. An MD's choice that settles a dispute is left out: it is not an
    independent reading.
    """
    chosen: dict[Film, list[Any]] = defaultdict(list)
    rows = Selection.objects.filter(
        task__project=project, task__replicas__gt=1, task__role=Role.ANNOTATOR, task__repeat_of=None, **CURRENT
    )
    for batch, film, decision, credited in rows.values_list(
        "task__batch_id", "task__project_image_id", "decision", "credited"
    ):
        chosen[batch, film].append(() if decision == SelectionDecision.DENY else tuple(sorted(credited)))
    several = [said for said in chosen.values() if len(said) > 1]
    return counted_share(sum(len(set(said)) == 1 for said in several), len(several))


def correction_agreement(project: Project) -> dict[str, Any]:
    """Dice between two people's corrections of the same film, at film resolution: median, quartiles, lowest.

    ``independent``: both corrected the same proposal in one batch and neither saw the other's work, where the protocol
    asked two (``asked`` films, of which ``sent_to_md`` differed too much), or where a lease ended and both sent their
    work. ``people`` has the same by pair of reviewers. ``in_sequence``: an MD corrected in the verification what a
    person had drawn, and saw it.
    """
    pairs = _independent_corrections(project)
    compared = [(who, _dice(*masks)) for who, masks in pairs[:COMPARED_AT_ONCE]]
    by_people: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for who, value in compared:
        by_people[who].append(value)
    asked = ReviewTask.objects.filter(project=project, kind=TaskKind.CORRECTION, corrections=2)
    chosen = ReviewTask.objects.filter(
        project=project, kind=TaskKind.SELECTION, parent__kind=TaskKind.CORRECTION
    ).exclude(state=TaskState.CANCELLED)
    later = Verification.objects.filter(
        task__project=project, task__proposal__kind__in=[MaskKind.CORRECTION, MaskKind.DRAWING],
        decision=VerificationDecision.CORRECT, dsc_with_start__isnull=False, **CURRENT,
    )  # fmt: skip
    return {
        "independent": {
            **_summary([value for _, value in compared]),
            "left_out": max(0, len(pairs) - COMPARED_AT_ONCE),
            "asked": asked.exclude(state=TaskState.CANCELLED)
            .order_by()
            .values("batch", "project_image")
            .distinct()
            .count(),
            "sent_to_md": chosen.order_by().values("batch", "project_image").distinct().count(),
            "people": [{"reviewers": list(who), **_summary(values)} for who, values in sorted(by_people.items())],
        },
        "in_sequence": _summary([dsc for dsc in later.values_list("dsc_with_start", flat=True) if dsc is not None]),
    }


def _independent_corrections(project: Project) -> list[tuple[tuple[str, ...], tuple[Mask, Mask]]]:
    """Pairs of corrections with the pseudonyms of their authors. A correction that an MD has advised is no twin of the
    ones before it.
    """
    edits = (
        Edit.objects.filter(task__project=project, superseded_by__isnull=True, result__isnull=False)
        # Drawings of withdrawn films are gone.
        .filter(result__image__withdrawn_at=None)
        .exclude(decision=WITHDRAWN)
        .select_related("result", "task", "actor")
        .order_by("created_at", "pk")
    )
    by_film: dict[tuple[UUID, UUID, UUID | None], dict[str, Mask]] = defaultdict(dict)
    for edit in edits:
        assert edit.result is not None
        key = (edit.task.batch_id, edit.task.project_image_id, edit.task.parent_id)
        by_film[key][edit.actor.pseudonym] = edit.result
    return [
        (tuple(sorted((one, other))), (masks[one], masks[other]))
        for masks in by_film.values()
        for one, other in combinations(masks, 2)
    ]


def _dice(one: Mask, other: Mask) -> float:
    """DSC of two masks, read once: masks never change."""
    key = f"reviews:dice:{one.pk}:{other.pk}"
    known: float | None = cache.get(key)
    if known is None:
        known = float(dice(mask_read(one), mask_read(other)))
        cache.set(key, known, None)
    return known


def _summary(values: list[float]) -> dict[str, Any]:
    """Quartiles by linear interpolation."""
    low, middle, high = (float(v) for v in np.percentile(values, [25, 50, 75])) if values else (None, None, None)
    return {"pairs": len(values), "q1": low, "median": middle, "q3": high, "lowest": min(values, default=None)}


def verified_so_far(project: Project) -> dict[str, int]:
    """How many final masks MDs have ``confirmed`` and ``corrected`` until now, while the round is still open too."""
    said = Counter(
        Verification.objects.filter(task__project=project, **CURRENT).order_by().values_list("decision", flat=True)
    )
    return {
        "confirmed": said[VerificationDecision.CONFIRM],
        "corrected": said[VerificationDecision.CORRECT],
    }
