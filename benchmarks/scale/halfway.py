"""Half of the blind choices made, as rows: what people's work does to the pages shows when much of it is done."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from benchmarks.scale.world import REVIEWERS, SLUG

AT_ONCE = 2000
SECONDS = 5.0
"""Of work at a choice; one follows the other, as if one person after the other had chosen."""


def work_off(share: float) -> int:
    """Make this share of the choices of stage III, in the queue's order, by all reviewers in turn; returns how many."""
    from django.utils import timezone

    from annotation.accounts.models import User
    from annotation.reviews.models import ReviewBatch, ReviewTask

    names = [f"reviewer{n}" for n in range(REVIEWERS)]
    people = list(User.objects.filter(username__in=names).order_by("pk"))
    batch = ReviewBatch.objects.get(project__slug=SLUG, name="III")
    tasks = ReviewTask.objects.filter(batch=batch, kind="selection", repeat_of__isnull=True)
    wanted = round(share * tasks.count()) - tasks.filter(state="done").count()
    rows = list(tasks.filter(state="open").order_by("order", "pk")[: max(0, wanted)])
    now = timezone.now()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        for n, task in enumerate(part, start):
            task.done_by = people[n % len(people)]
            task.settled_at = now - timedelta(seconds=SECONDS * (len(rows) - n))
        _choose(batch, part)
    return len(rows)


def _choose(batch: Any, tasks: list[Any]) -> None:
    from django.db import transaction

    from annotation.images.models import ImageState, ProjectImage
    from annotation.reviews.models import ReviewTask, Selection, TaskCandidate
    from annotation.rounds.models import Provenance, RepositoryEntry

    offered: dict[Any, list[Any]] = {}
    for pane in TaskCandidate.objects.filter(task__in=tasks).order_by("task_id", "position"):
        offered.setdefault(pane.task_id, []).append(pane)
    acts, truths = [], []
    for n, task in enumerate(tasks):
        panes = offered[task.pk]
        picked = panes[n % len(panes)]
        tied = [str(pane.mask_id) for pane in panes if pane.tie_group == picked.tie_group]
        acts.append(
            Selection(
                task=task, actor=task.done_by, idempotency_key=uuid.uuid4().hex, request_digest="0" * 64,
                decision="pick", picked_id=picked.mask_id, position=picked.position, credited=tied, sequence=1,
                active_seconds=SECONDS, created_at=task.settled_at,
            )
        )  # fmt: skip
        truths.append(
            RepositoryEntry(
                project_id=task.project_id, project_image_id=task.project_image_id, mask_id=picked.mask_id,
                provenance=Provenance.PICKED, version=1, round_number=batch.number,
            )
        )  # fmt: skip
        task.state = "done"
    with transaction.atomic():
        ReviewTask.objects.bulk_update(tasks, ["state", "done_by", "settled_at"], batch_size=500)
        Selection.objects.bulk_create(acts, batch_size=500)
        RepositoryEntry.objects.bulk_create(truths, batch_size=500)
        films = ProjectImage.objects.filter(pk__in=[task.project_image_id for task in tasks])
        films.update(state=ImageState.SETTLED)
