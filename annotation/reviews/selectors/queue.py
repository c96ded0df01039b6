"""What waits, and what a person holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.errors import Missing, NotAllowed
from annotation.projects.models import Project
from annotation.projects.permissions import review_roles
from annotation.reviews.models import UNSETTLED, ReviewTask, TaskKind, TaskState
from annotation.reviews.services.due import repeats_due, repeats_open
from annotation.reviews.services.leases import open_batches, workable

PROGRESS_SECONDS = 2
"""Age that a batch's progress may have: it is counted at most this often by a process, however many ask."""


def queue_counts(*, user: User, project: Project) -> dict[str, Any]:
    """How many tasks of each kind the user could be given now, those he holds among them.

    ``held`` are his already; ``drawings`` are those of the corrections that begin from nothing.
    Raises NotAllowed without a reviewing role.
    """
    roles = review_roles(user, project)
    if not roles:
        raise NotAllowed("you have no reviewing role in this project", remedy="ask its admin for one")
    now = timezone.now()
    mine = Q(lease_holder=user)
    free = Q(lease_holder__isnull=True) & (Q(assigned_to__isnull=True) | Q(assigned_to=user))
    takeable = Q(lease_expires_at__lte=now) | Q(opened_at__isnull=True, assigned_to__isnull=True)
    rows = (
        workable(user, project, roles)
        .filter(mine | free | takeable)
        .order_by()
        .values_list("kind")
        .annotate(
            waiting=Count("pk"),
            held=Count("pk", filter=mine),
            drawings=Count("pk", filter=Q(kind=TaskKind.CORRECTION, proposal__isnull=True)),
        )
    )
    counts = dict.fromkeys(TaskKind.values, 0)
    held = drawings = 0
    for kind, waiting, mine_of_kind, drawn in rows:
        counts[kind] = waiting
        held += mine_of_kind
        drawings += drawn
    if counts[TaskKind.SELECTION]:
        counts[TaskKind.SELECTION] += repeats_to_come(user, project, roles)
    return {
        "project": project.slug, "state": project.state, "waiting": counts, "drawings": drawings, "held": held,
    }  # fmt: skip


def repeats_to_come(user: User, project: Project, roles: Collection[str]) -> int:
    """Repeated choices that are not due yet and may come to be the user's: counted as if they waited already.

    A number that stays where it is after a choice would tell that its film comes back.
    """
    _, repeating = open_batches(project)
    if not repeating:
        return 0
    own = Q(repeat_of__done_by=user) | Q(repeat_of__done_by__isnull=True)
    return repeats_open(repeating).filter(own, role__in=roles).exclude(pk__in=repeats_due(user, repeating)).count()


def held_task(*, user: User, task_id: UUID | str) -> ReviewTask:
    """An open task that the user holds; raises Missing for all others, so that nobody learns what exists."""
    task = (
        ReviewTask.objects.filter(pk=task_id, state=TaskState.OPEN, lease_holder=user)
        .select_related("project", "batch", "project_image__image")
        .first()
    )
    if task is None or task.role not in review_roles(user, task.project):
        raise Missing("you do not hold this task", remedy="ask the queue for the next one")
    return task


def batch_progress(batch_id: UUID, kind: str) -> dict[str, int]:
    """``done`` and ``total`` tasks of a kind in a batch, cancelled ones left out; up to ``PROGRESS_SECONDS`` old.

    By kind, as what comes of one kind's work is another's: the total would grow while its reader works.
    """
    key = f"reviews:progress:{batch_id}:{kind}"
    counted: dict[str, int] | None = cache.get(key)
    if counted is None:
        tasks = ReviewTask.objects.filter(batch_id=batch_id, kind=kind)
        states: dict[str, int] = dict(tasks.order_by().values_list("state").annotate(n=Count("pk")))
        done = states.get(TaskState.DONE, 0)
        counted = {"done": done, "total": done + sum(states.get(state, 0) for state in UNSETTLED)}
        cache.set(key, counted, PROGRESS_SECONDS)
    return counted
