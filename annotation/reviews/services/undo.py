"""Undo: a row that withdraws the last act, while the batch is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, Missing
from annotation.images.models import ProjectImage
from annotation.reviews.events import reopen
from annotation.reviews.models import (
    ACT_MODELS,
    Act,
    BatchState,
    Report,
    Resolution,
    ResolutionDecision,
    ReviewBatch,
    ReviewTask,
    TaskState,
)
from annotation.reviews.models.acts import WITHDRAWN
from annotation.reviews.permissions import can_work, lease_token
from annotation.reviews.services.leases import lease_seconds
from annotation.reviews.services.move import MOVED, task_move
from annotation.reviews.services.submit import check_not_withdrawn, current_act, next_sequence


@transaction.atomic
def act_withdraw(*, actor: User, task_id: UUID | str, idempotency_key: str) -> ReviewTask:
    """Take back one's own last act on a task; the task is open again and leased to the same person.

    What followed from the act is cancelled while nobody has worked on it. Repeating the call with the same key changes
    nothing. Raises Conflict where the batch is closed, the act is somebody else's, somebody has worked on what
    followed, or an admin has excluded the film since.
    """
    film_id = ReviewTask.objects.filter(pk=task_id).values_list("project_image_id", flat=True).first()
    if film_id is None:
        raise Missing("no such task, or none that you may work on")
    ProjectImage.objects.select_for_update(no_key=True).get(pk=film_id)
    task = (
        ReviewTask.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch", "project", "project_image__image")
        .get(pk=task_id)
    )
    if not can_work(actor, task):
        raise Missing("no such task, or none that you may work on")
    check_not_withdrawn(task)
    model = ACT_MODELS[task.kind]
    rows: tuple[Any, ...] = (model, Report)
    repeat = {"actor": actor, "idempotency_key": idempotency_key, "task": task, "decision": WITHDRAWN}
    if any(row.objects.filter(**repeat).exists() for row in rows):
        return task
    if task.state == TaskState.SET_ASIDE:
        return _take_report_back(task, actor, idempotency_key)
    # Closing locks the batch too: either the undo finds it closed, or the closing finds the task open.
    task.batch = ReviewBatch.objects.select_for_update(no_key=True).get(pk=task.batch_id)
    act = current_act(model, task)
    if act is None or act.actor_id != actor.pk:
        raise Conflict("there is nothing of yours to take back here", code="nothing_to_undo")
    if task.batch.state != BatchState.OPEN:
        raise Conflict(
            "the round is closed; its work stays as it is", code="batch_closed",
            remedy="correct the film in a later round",
        )  # fmt: skip
    excluded = Resolution.objects.filter(
        batch=task.batch_id, project_image=task.project_image_id, decision=ResolutionDecision.EXCLUDE
    )
    if excluded.exists():
        raise Conflict(
            "an admin has excluded this film since", code="film_excluded", remedy="nothing is left to decide on it"
        )
    if task.settles:
        _cancel_followers(task)
    # What repeats this choice waits for the next one.
    ReviewTask.objects.filter(repeat_of=task, state=TaskState.OPEN).update(
        lease_holder=None, lease_token=None, lease_expires_at=None, opened_at=None
    )
    _withdraw(model, act, task, actor, idempotency_key)
    _reopen(task, actor)
    if task.settles:
        reopen(task, task.project_image)
    return task


def _take_report_back(task: ReviewTask, actor: User, key: str) -> ReviewTask:
    """All that the report took out of the queue is in it again; the task itself is leased to the same person."""
    report = task.set_aside_by
    if report is None or report.actor_id != actor.pk or report.task_id != task.pk:
        raise Conflict(
            "a colleague has reported this film", code="nothing_to_undo", remedy="an admin of the project puts it back"
        )
    aside = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(set_aside_by=report)
    for reading in aside.exclude(pk=task.pk):
        task_move(reading, TaskState.OPEN)
        reading.save(update_fields=MOVED)
    _withdraw(Report, report, task, actor, key)
    _reopen(task, actor)
    audit_record(
        "film.report_taken_back", task.project_image, actor=actor, project_id=task.project_id, report=str(report.pk)
    )
    return task


def _cancel_followers(task: ReviewTask) -> None:
    followers = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(
        batch=task.batch, project_image=task.project_image, kind__in=ACT_MODELS, parent__isnull=False
    )
    siblings = [task.pk, *_sibling_ids(task)]
    for follower in followers.filter(parent__in=siblings).exclude(state=TaskState.CANCELLED):
        if follower.state == TaskState.DONE:
            raise Conflict(
                f"the {follower.kind} that followed is done", code="followed_up",
                remedy=f"take the {follower.kind} back first",
            )  # fmt: skip
        if follower.state == TaskState.SET_ASIDE:
            raise Conflict(
                f"the {follower.kind} that followed is set aside, as its film could not be loaded", code="followed_up",
                remedy="take that report back first, or let an admin put the film back",
            )  # fmt: skip
        if follower.opened_at is not None and follower.lease_holder_id != task.done_by_id:
            raise Conflict(
                f"a colleague is working on the {follower.kind} that followed", code="followed_up",
                remedy="ask the colleague to give it back",
            )  # fmt: skip
        task_move(follower, TaskState.CANCELLED)
        follower.settled_at = timezone.now()
        follower.save(update_fields=MOVED)


def _sibling_ids(task: ReviewTask) -> list[UUID]:
    twins = ReviewTask.objects.filter(
        batch=task.batch, project_image=task.project_image, kind=task.kind, parent=task.parent, is_probe=False,
        repeat_of__isnull=True,
    )  # fmt: skip
    return list(twins.exclude(pk=task.pk).values_list("pk", flat=True))


def _withdraw(model: type[Act], act: Act, task: ReviewTask, actor: User, key: str) -> None:
    row: Any = model
    row(
        task=task, actor=actor, idempotency_key=key, request_digest="", decision=WITHDRAWN, active_seconds=0,
        counts=True, sequence=next_sequence(model, task), supersedes=act,
    ).save()  # fmt: skip


def _reopen(task: ReviewTask, actor: User) -> None:
    now = timezone.now()
    task_move(task, TaskState.OPEN)
    task.lease_holder, task.lease_token = actor, lease_token(actor, task)
    task.lease_expires_at, task.opened_at = now + timedelta(seconds=lease_seconds()), now
    task.save()
