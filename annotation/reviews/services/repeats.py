"""Repeated choices: nobody waits for one that cannot come any more."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from annotation.projects.models import Membership
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskState
from annotation.reviews.services.due import repeats_open, with_enough_between
from annotation.reviews.services.move import MOVED, task_move


def repeats_drop(batch: ReviewBatch, *, wait: bool, now: datetime | None = None) -> int:
    """Close the repeats that a batch without other open work need not wait for; returns how many.

    While ``wait``, those stay whose person is still a reader of the project and has chosen on enough other films
    since, or has the repeat before him. What is sent on a closed one is kept as an opinion.
    """
    now = now or timezone.now()
    waiting = repeats_open([batch.pk]).select_for_update(no_key=True, of=("self",)).select_related("repeat_of")
    closing = [repeat for repeat in waiting if not (wait and _may_come(repeat, now))]
    for repeat in closing:
        task_move(repeat, TaskState.CANCELLED)
        repeat.settled_at = now
        repeat.save(update_fields=MOVED)
    return len(closing)


def _may_come(repeat: ReviewTask, now: datetime) -> bool:
    first = repeat.repeat_of
    assert first is not None
    reader = Membership.objects.filter(
        project=repeat.project_id, role=repeat.role, user=first.done_by_id, user__is_active=True
    )
    if first.state != TaskState.DONE or not reader.exists():
        return False
    leased = repeat.lease_expires_at is not None and repeat.lease_expires_at > now
    return leased or repeat.pk in with_enough_between([repeat])
