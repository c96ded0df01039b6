"""Leases: who works on which task, for how long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.durability import commit_may_lag
from annotation.common.errors import Conflict, InvalidInput, Missing, NotAllowed
from annotation.projects.guards import require_in_use
from annotation.projects.models import Membership, Project, ProjectState, Role
from annotation.projects.permissions import review_roles
from annotation.reviews.models import BatchState, ReviewBatch, ReviewTask, TaskCandidate, TaskKind, TaskState
from annotation.reviews.permissions import can_work, lease_token
from annotation.reviews.services.due import repeats_due
from annotation.telemetry.tallies import LEASES_EXPIRED, tally_add

MAX_PREFETCH = 10
UNREAD = tuple(f"project_image__image__{name}" for name in ("quality", "features", "metadata", "spacing_mm", "window"))
"""JSON of a film that nobody who reviews it needs: decoding it would cost more than the query."""

LOCKED = ("batch_id", "project_image_id", "kind", "replicas", "lease_expires_at")
"""What decides who gets a task. Locked without their films: joined, the database would sort the whole queue."""


def lease_seconds() -> int:
    """How long a lease holds without a heartbeat."""
    return int(settings.REVIEW_LEASE_SECONDS)


def workable(user: User, project: Project, roles: Collection[str]) -> QuerySet[ReviewTask]:
    """Open tasks of the user's roles, without those that a second, independent person has to do; none of a project that
    is archived.
    """
    if project.archived_at is not None:
        return ReviewTask.objects.none()
    twin = ReviewTask.objects.filter(
        batch=OuterRef("batch"), project_image=OuterRef("project_image"), kind=OuterRef("kind"),
        is_probe=False, repeat_of__isnull=True,
    ).exclude(pk=OuterRef("pk"))  # fmt: skip
    mine = twin.filter(Q(done_by=user) | Q(lease_holder=user))
    # Named one by one, without a join: PostgreSQL then walks the queue's index in order instead of sorting all of it.
    batches, repeating = open_batches(project)
    due = repeats_due(user, repeating) if repeating else []
    queue = ReviewTask.objects.filter(project=project, state=TaskState.OPEN, role__in=roles, batch__in=batches)
    queue = queue.filter(Q(repeat_of__isnull=True) | Q(pk__in=due)) if repeating else queue
    queue = queue.exclude(_has_a_stake(user))
    return queue.filter(Q(replicas=1) & ~Q(kind=TaskKind.ADJUDICATION) | ~Exists(mine))


def _has_a_stake(user: User) -> Q:
    """Choices among masks of which the user drew one, and decisions on what he himself, as an MD, was unsure of: they
    are for somebody else, as long as the project has somebody else with the role.
    """
    others = Membership.objects.filter(project=OuterRef("project"), role=OuterRef("role"), user__is_active=True)
    drew = Exists(TaskCandidate.objects.filter(task=OuterRef("pk"), mask__author=user))
    # People's masks compete where drawings do, and where two corrected: nowhere else are they looked for.
    with_drawings = Q(shown_at__isnull=False) | Q(parent__isnull=False)
    choice = Q(kind=TaskKind.SELECTION) & with_drawings & Q(drew)
    # Asked apart, not joined: a join would have the database sort the whole queue.
    doubted = Exists(ReviewTask.objects.filter(pk=OuterRef("parent"), role=Role.PHYSICIAN, done_by=user))
    doubt = Q(kind=TaskKind.ADJUDICATION) & Q(doubted)
    return (choice | doubt) & Q(Exists(others.exclude(user=user)))


def open_batches(project: Project) -> tuple[list[UUID], list[UUID]]:
    """The project's open batches, and those of them in which repeated choices wait."""
    waiting = ReviewTask.objects.filter(batch=OuterRef("pk"), state=TaskState.OPEN, repeat_of__isnull=False)
    rows = list(ReviewBatch.objects.filter(project=project, state=BatchState.OPEN).values_list("pk", Exists(waiting)))
    return [pk for pk, _ in rows], [pk for pk, repeating in rows if repeating]


def tasks_next(
    *, user: User, project: Project, count: int = 1, kinds: Collection[str] = (), now: datetime | None = None
) -> list[ReviewTask]:
    """Lease up to ``count`` tasks to the user and return them, those already held first.

    Who would get nothing else is given one task that a colleague has prefetched but not opened. Fewer than ``count``
    come back when there are no more. Raises NotAllowed without a reviewing role, InvalidInput on a count or kind out of
    range, Conflict while the project is paused or archived.
    """
    now = now or timezone.now()
    if not 1 <= count <= MAX_PREFETCH:
        raise InvalidInput(f"count is {count}", field="count", value=count, remedy=f"use 1 to {MAX_PREFETCH}")
    unknown = set(kinds) - set(TaskKind.values)
    if unknown:
        name = sorted(unknown)[0]
        raise InvalidInput(
            f"no task kind {name!r}", field="kind", value=name, remedy=f"use {', '.join(TaskKind.values)}"
        )
    roles = review_roles(user, project)
    if not roles:
        raise NotAllowed("you have no reviewing role in this project", remedy="ask its admin for one")
    require_in_use(project)
    if project.state == ProjectState.PAUSED:
        raise Conflict("the project is paused", code="paused", remedy="wait until an admin resumes it")
    queue = workable(user, project, roles)
    if kinds:
        queue = queue.filter(kind__in=kinds)
    free = (Q(lease_holder__isnull=True) & (Q(assigned_to__isnull=True) | Q(assigned_to=user))) | Q(
        lease_expires_at__lte=now
    )
    prefetched = Q(opened_at__isnull=True, assigned_to__isnull=True)
    with transaction.atomic():
        commit_may_lag()
        held = list(
            queue.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .filter(lease_holder=user)
            .order_by(F("opened_at").asc(nulls_last=True), "order", "pk")
            .only(*LOCKED)[:count]
        )
        others = queue.exclude(lease_holder=user).order_by("order", "pk")
        fresh = _take(others.filter(free), count - len(held), held, skip_locked=True)
        if not held and not fresh:
            # A colleague who has rows locked at this moment may leave them behind: "no more tasks" must be true.
            fresh = _take(others.filter(free), 1, held, skip_locked=False)
        if not held and not fresh:
            fresh = _take(others.filter(prefetched), 1, held, skip_locked=False)
        tally_add(LEASES_EXPIRED, sum(1 for task in fresh if task.lease_expires_at and task.lease_expires_at <= now))
        return _lease(user, held, fresh, now + timedelta(seconds=lease_seconds()))


def with_film(queue: QuerySet[ReviewTask]) -> QuerySet[ReviewTask]:
    """Tasks with what a payload shows of them."""
    return queue.select_related("batch", "project_image__image").defer(*UNREAD)


def _take(queue: QuerySet[ReviewTask], count: int, held: list[ReviewTask], *, skip_locked: bool) -> list[ReviewTask]:
    """Lock and return the first ``count`` tasks, without two readings of one film for the same person.

    No more rows are locked than are wanted: who looks ahead makes others believe that there is less work.
    """
    readings = {(task.batch_id, task.project_image_id, task.kind) for task in held}
    passed: list[UUID] = []
    taken: list[ReviewTask] = []
    while len(taken) < count:
        found = list(
            queue.select_for_update(no_key=True, skip_locked=skip_locked, of=("self",))
            .exclude(pk__in=[*passed, *(task.pk for task in taken)])
            .only(*LOCKED)[: count - len(taken)]
        )
        for task in found:
            reading = (task.batch_id, task.project_image_id, task.kind)
            if task.replicas > 1 and reading in readings:
                passed.append(task.pk)
            else:
                readings.add(reading)
                taken.append(task)
        if not passed or not found:
            break
    return taken


def _lease(user: User, held: list[ReviewTask], fresh: list[ReviewTask], expires: datetime) -> list[ReviewTask]:
    """Renew what is held, give out what is fresh; returns all of them with their films, in this order."""
    if held:
        ReviewTask.objects.filter(pk__in=[task.pk for task in held]).update(lease_expires_at=expires)
    new = {task.pk for task in fresh}
    order = [task.pk for task in (*held, *fresh)]
    whole = {task.pk: task for task in with_film(ReviewTask.objects.filter(pk__in=order))} if order else {}
    for task in whole.values():
        task.lease_expires_at = expires
        if task.pk in new:
            task.lease_holder, task.lease_token, task.opened_at = user, lease_token(user, task), None
            if task.assigned_to_id != user.pk:
                # It was kept for somebody who let the time pass: no longer.
                task.assigned_to = None
            task.save(update_fields=["lease_holder", "lease_token", "lease_expires_at", "opened_at", "assigned_to"])
    return [whole[pk] for pk in order]


def _locked(user: User, task_id: UUID | str) -> ReviewTask:
    task = (
        ReviewTask.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project")
        .filter(pk=task_id)
        .first()
    )
    if task is None or not can_work(user, task):
        raise Missing("no such task, or none that you may work on")
    return task


def _held(task: ReviewTask, user: User) -> None:
    if task.state != TaskState.OPEN:
        raise Conflict("this task is settled already", code="task_settled", remedy="ask for the next one")
    if task.lease_holder_id is None:
        raise Conflict("you do not hold this task now", code="lease_lost", remedy="ask for the next one")
    if task.lease_holder_id != user.pk:
        raise Conflict("a colleague has this task now", code="lease_lost", remedy="ask for the next one")


@transaction.atomic
def task_open(*, user: User, task_id: UUID | str, now: datetime | None = None) -> ReviewTask:
    """The user looks at a task that he holds: from now on nobody takes it over before the lease ends.

    An expired lease is renewed where nobody else has taken the task. Raises Conflict where somebody has.
    """
    now = now or timezone.now()
    task = _locked(user, task_id)
    _held(task, user)
    task.opened_at = task.opened_at or now
    task.lease_expires_at = now + timedelta(seconds=lease_seconds())
    task.save(update_fields=["opened_at", "lease_expires_at"])
    return task


@transaction.atomic
def task_heartbeat(*, user: User, task_id: UUID | str, now: datetime | None = None) -> ReviewTask:
    """Renew a lease that the user still holds; raises Conflict where it went to somebody else."""
    now = now or timezone.now()
    task = _locked(user, task_id)
    _held(task, user)
    task.lease_expires_at = now + timedelta(seconds=lease_seconds())
    task.save(update_fields=["lease_expires_at"])
    return task


@transaction.atomic
def task_release(*, user: User, task_id: UUID | str) -> ReviewTask:
    """Give a task back to the queue; giving back what one does not hold changes nothing."""
    task = _locked(user, task_id)
    if task.state == TaskState.OPEN and task.lease_holder_id == user.pk:
        lease_clear(task)
        task.assigned_to = None
        task.save(update_fields=["lease_holder", "lease_token", "lease_expires_at", "opened_at", "assigned_to"])
    return task


def lease_clear(task: ReviewTask) -> None:
    """Take the lease off the row in memory; the caller saves."""
    task.lease_holder = task.lease_token = task.lease_expires_at = task.opened_at = None


@transaction.atomic
def leases_expire(*, now: datetime | None = None) -> int:
    """Free all leases that ended; returns how many. The queue treats them as free anyway: this is for the pages.

    A lease that would end later than any that is given now was given before the clock was set back: it ends as one that
    is given now, as its holder may be gone.
    """
    now = now or timezone.now()
    open_tasks, lease = ReviewTask.objects.filter(state=TaskState.OPEN), timedelta(seconds=lease_seconds())
    open_tasks.filter(lease_expires_at__gt=now + 2 * lease).update(lease_expires_at=now + lease)
    freed = open_tasks.filter(lease_expires_at__lte=now).update(
        lease_holder=None, lease_token=None, lease_expires_at=None, opened_at=None, assigned_to=None
    )
    tally_add(LEASES_EXPIRED, freed)
    return freed
