"""Which repeated choices may be given to whom now."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from annotation.accounts.models import User
from annotation.reviews.models import ReviewTask, TaskKind, TaskState


def repeats_open(batches: Collection[UUID]) -> QuerySet[ReviewTask]:
    """Repeats of these batches that nobody has done yet."""
    return ReviewTask.objects.filter(batch__in=batches, state=TaskState.OPEN, repeat_of__isnull=False)


def repeats_due(user: User, batches: Collection[UUID]) -> list[UUID]:
    """Ids of the repeats that the user may be given: those he holds, and those after enough other films.

    They repeat choices of his own that stand; a choice that was taken back is repeated for whoever chooses next.
    """
    mine = repeats_open(batches).filter(repeat_of__done_by=user).select_related("repeat_of")
    return [task.pk for task in mine if task.lease_holder_id == user.pk or is_due(task)]


def is_due(repeat: ReviewTask) -> bool:
    """Whether the person of the first choice, which stands, has since chosen on enough other films."""
    first = repeat.repeat_of
    assert first is not None
    assert repeat.due_after is not None
    others = ReviewTask.objects.filter(
        batch=repeat.batch_id, kind=TaskKind.SELECTION, state=TaskState.DONE, done_by=first.done_by_id,
        repeat_of__isnull=True, settled_at__gt=first.settled_at,
    ).exclude(project_image=repeat.project_image_id)  # fmt: skip
    return others.values("project_image").distinct().count() >= repeat.due_after
