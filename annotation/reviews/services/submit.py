"""What all submissions share: counted once, under lock, and never thrown away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.errors import Conflict, Gone, InvalidInput, Missing, NotAllowed
from annotation.images.models import ProjectImage
from annotation.reviews.models import Act, BatchState, ReviewTask, TaskState
from annotation.reviews.models.acts import MAX_ACTIVE_SECONDS
from annotation.reviews.permissions import can_work, lease_token
from annotation.reviews.services.leases import UNREAD, lease_clear
from annotation.reviews.services.move import MOVED, task_move


@dataclass(frozen=True)
class Submission:
    """What comes with every act. ``content`` is all that the person said, for the digest."""

    actor: User
    task_id: UUID
    idempotency_key: str
    lease_token: UUID
    active_seconds: float
    content: dict[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Sha256 of what was said: tells a repeat from another act under the same key."""
        text = json.dumps([str(self.task_id), self.content], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """The answer to a submission. ``counts`` False: kept as an opinion, for the reason in ``message``."""

    act: Act
    task: ReviewTask
    counts: bool
    repeated: bool = False
    message: str = ""
    follow_up: ReviewTask | None = None
    """A task that came of it and is leased to the same person: the correction of a rejected mask."""


def check_submission(submission: Submission) -> None:
    """Raises InvalidInput that names the field."""
    key, seconds = submission.idempotency_key, submission.active_seconds
    if not 8 <= len(key) <= 64:
        raise InvalidInput(
            f"idempotency_key has {len(key)} characters", field="idempotency_key", value=key,
            remedy="send a fresh random key of 8 to 64 characters with every act, the same one when repeating it",
        )  # fmt: skip
    if not 0 <= seconds <= MAX_ACTIVE_SECONDS:
        raise InvalidInput(
            f"active_seconds is {seconds}", field="active_seconds", value=seconds,
            remedy=f"send the seconds of active work, 0 to {MAX_ACTIVE_SECONDS}",
        )  # fmt: skip


def repeated(model: type[Act], submission: Submission) -> Receipt | None:
    """The receipt of an act sent before with this key, else None. Raises Conflict where the content differs."""
    act = model.objects.filter(actor=submission.actor, idempotency_key=submission.idempotency_key).first()
    if act is None:
        return None
    if act.request_digest != submission.digest():
        raise Conflict(
            "this idempotency key was used for another act", code="idempotency_key_reused", field="idempotency_key",
            value=submission.idempotency_key, remedy="send a fresh key with every new act",
        )  # fmt: skip
    follow_up = ReviewTask.objects.filter(parent=act.task, state=TaskState.OPEN, lease_holder=submission.actor).first()
    message = "" if act.counts else OPINION
    return Receipt(act, act.task, act.counts, repeated=True, message=message, follow_up=follow_up)


OPINION = "a colleague settled this before your work arrived; yours is kept as an opinion that does not count"
YOURS = (
    "you have settled this before; what you send now is kept beside it and does not count: undo the first to change it"
)
ASIDE = (
    "a colleague has reported that this film could not be loaded; yours is kept beside the report and does not count"
)
NOT_ASKED = "this task is not asked of you any more; your work is kept as an opinion that does not count"
SECOND_READING = "you have read this film before; its second reading is for somebody else, yours is kept as an opinion"


def submit(
    model: type[Act],
    submission: Submission,
    *,
    kind: str | None,
    fields: Callable[[ReviewTask], dict[str, Any]],
    follow: Callable[[ReviewTask, Act], ReviewTask | None],
    finish: Callable[[ReviewTask, Act], None] | None = None,
) -> Receipt:
    """Write one act. ``fields`` makes the row's own columns and may refuse; ``follow`` does what comes of it for the
    film, which is nothing for a probe or a repeat. ``finish`` moves the task, which is else done; ``kind`` None fits
    any task.

    The film's row is locked first, then the task's: replicas of one film settle one after the other.
    Raises Missing, NotAllowed, InvalidInput or Conflict; nothing is written then.
    """
    check_submission(submission)
    try:
        with transaction.atomic():
            return _submit(model, submission, kind=kind, fields=fields, follow=follow, finish=finish or task_finish)
    except IntegrityError:
        # The same key arrived at the same time for another task, where other rows are locked.
        if receipt := repeated(model, submission):
            return receipt
        raise


def _submit(
    model: type[Act],
    submission: Submission,
    *,
    kind: str | None,
    fields: Callable[[ReviewTask], dict[str, Any]],
    follow: Callable[[ReviewTask, Act], ReviewTask | None],
    finish: Callable[[ReviewTask, Act], None],
) -> Receipt:
    task = _lock(submission, kind)
    mine = Q(actor=submission.actor, idempotency_key=submission.idempotency_key)
    rows = list(model.objects.filter(Q(task=task) | mine).values_list("actor", "idempotency_key", "sequence", "task"))
    if any(row[:2] == (submission.actor.pk, submission.idempotency_key) for row in rows) and (
        receipt := repeated(model, submission)
    ):
        return receipt
    message = _why_it_does_not_count(task, submission.actor)
    counts = not message
    act = model(
        task=task,
        actor=submission.actor,
        idempotency_key=submission.idempotency_key,
        request_digest=submission.digest(),
        active_seconds=submission.active_seconds,
        counts=counts,
        sequence=1 + max((row[2] or 0 for row in rows if row[3] == task.pk), default=0) if counts else None,
        **fields(task),
    )
    act.save()
    if not counts:
        return Receipt(act, task, counts=False, message=message)
    finish(task, act)
    follow_up = follow(task, act) if task.settles else None
    return Receipt(act, task, counts=True, follow_up=follow_up)


def _why_it_does_not_count(task: ReviewTask, actor: User) -> str:
    """Empty where the act counts."""
    if task.done_by_id == actor.pk:
        return YOURS
    if task.state == TaskState.SET_ASIDE:
        return ASIDE
    if task.state != TaskState.OPEN or task.batch.state != BatchState.OPEN:
        return OPINION
    if task.repeat_of is not None and task.repeat_of.done_by_id != actor.pk:
        return NOT_ASKED
    if task.replicas > 1 and _has_read(task, actor):
        # Two windows of one person can come to hold both readings of a film. What a colleague has by now stays his.
        if task.lease_holder_id == actor.pk:
            lease_clear(task)
        if task.assigned_to_id == actor.pk:
            # Kept for somebody who may not do it, it would be given to nobody.
            task.assigned_to = None
        task.save(update_fields=["lease_holder", "lease_token", "lease_expires_at", "opened_at", "assigned_to"])
        return SECOND_READING
    return ""


def _has_read(task: ReviewTask, actor: User) -> bool:
    readings = ReviewTask.objects.filter(
        batch=task.batch_id, project_image=task.project_image_id, kind=task.kind, parent=task.parent_id,
        is_probe=False, repeat_of__isnull=True, done_by=actor,
    )  # fmt: skip
    return task.settles and readings.exclude(pk=task.pk).exists()


def task_finish(task: ReviewTask, act: Act) -> None:
    """The task's work counts: it is done, and its lease is over."""
    task_move(task, TaskState.DONE)
    task.done_by, task.settled_at = act.actor, timezone.now()
    task.save(update_fields=MOVED)


def next_sequence(model: type[Act], task: ReviewTask) -> int:
    """Number of the next counting row of the task, from 1."""
    return (model.objects.filter(task=task).aggregate(last=Max("sequence"))["last"] or 0) + 1


def current_acts(model: type[Act], **where: Any) -> Any:
    """Rows that count now: neither withdrawn nor withdrawals."""
    # Each model has a ``superseded_by`` of its own, which the abstract one has not.
    rows: Any = model.objects
    return rows.filter(counts=True, supersedes__isnull=True, superseded_by__isnull=True, **where)


def current_act(model: type[Act], task: ReviewTask) -> Act | None:
    """The act that counts now: the last one that is neither withdrawn nor a withdrawal."""
    act: Act | None = current_acts(model, task=task).order_by("-sequence").first()
    return act


def check_not_withdrawn(task: ReviewTask) -> None:
    """Raises Gone where the task's film was withdrawn: nothing that shows it is kept, not even an opinion."""
    if task.project_image.image.withdrawn_at is not None:
        raise Gone("this film was withdrawn: it is to be judged by nobody any more", remedy="go on with the next film")


def _lock(submission: Submission, kind: str | None) -> ReviewTask:
    film = (
        ProjectImage.objects.select_for_update(no_key=True, of=("self",))
        .filter(tasks=submission.task_id)
        .only("pk")
        .first()
    )
    if film is None:
        raise Missing("no such task, or none that you may work on")
    task = (
        ReviewTask.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch", "project", "project_image__image", "proposal")
        .defer("project__protocol", "proposal__note", *UNREAD)
        .get(pk=submission.task_id)
    )
    if not can_work(submission.actor, task):
        raise Missing("no such task, or none that you may work on")
    check_not_withdrawn(task)
    if kind is not None and task.kind != kind:
        raise InvalidInput(
            f"this task asks for a {task.kind}, not a {kind}", field="task", value=str(task.pk),
            remedy=f"send a {task.kind}",
        )  # fmt: skip
    if submission.lease_token != lease_token(submission.actor, task):
        raise NotAllowed(
            "you were never given this task", field="lease_token", remedy="ask the queue for the next task first"
        )
    return task
