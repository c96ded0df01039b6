"""Undo: a row that withdraws the last act, while the batch is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.errors import Conflict, Missing
from annotation.images.models import ProjectImage
from annotation.reviews.events import reopen
from annotation.reviews.models import ACT_MODELS, Act, BatchState, ReviewBatch, ReviewTask, TaskState
from annotation.reviews.models.acts import WITHDRAWN
from annotation.reviews.permissions import can_work, lease_token
from annotation.reviews.services.leases import lease_seconds
from annotation.reviews.services.submit import current_act, next_sequence


@transaction.atomic
def act_withdraw(*, actor: User, task_id: UUID | str, idempotency_key: str) -> ReviewTask:
    """Take back one's own last act on a task; the task is open again and leased to the same person.

    What followed from the act is cancelled while nobody has worked on it. Repeating the call with the same key changes
    nothing. Raises Conflict where the batch is closed, the act is somebody else's, or somebody has worked on what
    followed.
    """
    film_id = ReviewTask.objects.filter(pk=task_id).values_list("project_image_id", flat=True).first()
    if film_id is None:
        raise Missing("no such task, or none that you may work on")
    ProjectImage.objects.select_for_update().get(pk=film_id)
    task = (
        ReviewTask.objects.select_for_update(of=("self",))
        .select_related("batch", "project", "project_image__image")
        .get(pk=task_id)
    )
    if not can_work(actor, task):
        raise Missing("no such task, or none that you may work on")
    model = ACT_MODELS[task.kind]
    if model.objects.filter(actor=actor, idempotency_key=idempotency_key, task=task, decision=WITHDRAWN).exists():
        return task
    # Closing locks the batch too: either the undo finds it closed, or the closing finds the task open.
    task.batch = ReviewBatch.objects.select_for_update().get(pk=task.batch_id)
    act = current_act(model, task)
    if act is None or act.actor_id != actor.pk:
        raise Conflict("there is nothing of yours to take back here", code="nothing_to_undo")
    if task.batch.state != BatchState.OPEN:
        raise Conflict(
            "the round is closed; its work stays as it is", code="batch_closed",
            remedy="correct the film in a later round",
        )  # fmt: skip
    if not task.is_probe:
        _cancel_followers(task)
    _withdraw(model, act, task, actor, idempotency_key)
    _reopen(task, actor)
    if not task.is_probe:
        reopen(task, task.project_image)
    return task


def _cancel_followers(task: ReviewTask) -> None:
    followers = ReviewTask.objects.select_for_update(of=("self",)).filter(
        batch=task.batch, project_image=task.project_image, kind__in=ACT_MODELS, parent__isnull=False
    )
    siblings = [task.pk, *_sibling_ids(task)]
    for follower in followers.filter(parent__in=siblings).exclude(state=TaskState.CANCELLED):
        if follower.state == TaskState.DONE:
            raise Conflict(
                f"the {follower.kind} that followed is done", code="followed_up",
                remedy=f"take the {follower.kind} back first",
            )  # fmt: skip
        if follower.opened_at is not None and follower.lease_holder_id != task.done_by_id:
            raise Conflict(
                f"a colleague is working on the {follower.kind} that followed", code="followed_up",
                remedy="ask the colleague to give it back",
            )  # fmt: skip
        follower.state = TaskState.CANCELLED
        follower.lease_holder = follower.lease_token = follower.lease_expires_at = None
        follower.settled_at = timezone.now()
        follower.save(update_fields=["state", "lease_holder", "lease_token", "lease_expires_at", "settled_at"])


def _sibling_ids(task: ReviewTask) -> list[UUID]:
    twins = ReviewTask.objects.filter(
        batch=task.batch, project_image=task.project_image, kind=task.kind, parent=task.parent, is_probe=False
    )
    return list(twins.exclude(pk=task.pk).values_list("pk", flat=True))


def _withdraw(model: type[Act], act: Act, task: ReviewTask, actor: User, key: str) -> None:
    row: Any = model
    row(
        task=task, actor=actor, idempotency_key=key, request_digest="", decision=WITHDRAWN, active_seconds=0,
        counts=True, sequence=next_sequence(model, task), supersedes=act,
    ).save()  # fmt: skip


def _reopen(task: ReviewTask, actor: User) -> None:
    now = timezone.now()
    task.state, task.done_by, task.settled_at = TaskState.OPEN, None, None
    task.lease_holder, task.lease_token = actor, lease_token(actor, task)
    task.lease_expires_at, task.opened_at = now + timedelta(seconds=lease_seconds()), now
    task.save()
