"""What people's work cost, and how it went: seconds, accepts, picks, denials."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from annotation.projects.models import Project
from annotation.reviews.models import (
    ALL_ACTS,
    ReviewBatch,
    ReviewTask,
    Selection,
    SelectionDecision,
    TaskKind,
    TaskState,
    Verdict,
    VerdictDecision,
)
from annotation.reviews.models.acts import WITHDRAWN
from annotation.rounds.steps.train import share

CURRENT = {"counts": True, "supersedes__isnull": True, "superseded_by__isnull": True}


def effort_by_batch(project: Project) -> list[dict[str, Any]]:
    """By batch: acts, active seconds, films and seconds a film, accept rate and denials with their intervals.

    Seconds count whatever a person did, opinions and withdrawn work too; seconds on probes and on repeated choices
    stand apart, as they make no mask. ``films`` are those of which at least one task is done.
    """
    seconds: dict[UUID, dict[str, float]] = defaultdict(dict)
    probes: dict[UUID, float] = defaultdict(float)
    repeats: dict[UUID, float] = defaultdict(float)
    acts: dict[UUID, int] = defaultdict(int)
    for kind, model in ALL_ACTS.items():
        rows = (
            model.objects.filter(task__project=project)
            .exclude(decision=WITHDRAWN)
            .order_by()
            .annotate(is_repeat=Q(task__repeat_of__isnull=False))
            .values_list("task__batch_id", "task__is_probe", "is_repeat")
            .annotate(seconds=Sum("active_seconds"), acts=Count("pk"))
        )
        for batch, is_probe, is_repeat, total, count in rows:
            if is_probe:
                probes[batch] += total
            elif is_repeat:
                repeats[batch] += total
            else:
                seconds[batch][kind] = total
            acts[batch] += count
    films = dict(
        ReviewTask.objects.filter(project=project, state=TaskState.DONE, is_probe=False, repeat_of=None)
        .order_by()
        .values_list("batch_id")
        .annotate(films=Count("project_image_id", distinct=True))
    )
    accepts = _shares(Verdict, VerdictDecision.ACCEPT, project)
    denials = _shares(Selection, SelectionDecision.DENY, project)
    figures = []
    for batch in ReviewBatch.objects.filter(project=project).order_by("number"):
        total = sum(seconds[batch.pk].values())
        worked = films.get(batch.pk, 0)
        figures.append(
            {
                "batch": batch.name,
                "number": batch.number,
                "state": batch.state,
                "acts": acts[batch.pk],
                "films": worked,
                "active_seconds": total,
                "seconds_by_kind": seconds[batch.pk],
                "probe_seconds": probes[batch.pk],
                "repeat_seconds": repeats[batch.pk],
                "seconds_per_film": total / worked if worked else None,
                "accepted": accepts.get(batch.pk),
                "denied": denials.get(batch.pk),
            }
        )
    return figures


def _shares(model: Any, decision: str, project: Project) -> dict[UUID, dict[str, Any]]:
    """Share of a decision among a batch's current acts, probes and repeats left out, with its 95 % Wilson interval."""
    rows = (
        model.objects.filter(task__project=project, task__is_probe=False, task__repeat_of=None, **CURRENT)
        # An MD who finds neither of two corrections good denies no network's mask.
        .exclude(task__parent__kind=TaskKind.CORRECTION)
        .order_by()
        .values_list("task__batch_id")
        .annotate(total=Count("pk"), part=Count("pk", filter=Q(decision=decision)))
    )
    return {batch: {"count": part, "of": total, **share(part, total)} for batch, total, part in rows}
