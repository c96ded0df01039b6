"""Which repeated choices may be given to whom now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    mine = list(repeats_open(batches).filter(repeat_of__done_by=user).select_related("repeat_of"))
    enough = with_enough_between(mine)
    return [task.pk for task in mine if task.lease_holder_id == user.pk or task.pk in enough]


def with_enough_between(repeats: Sequence[ReviewTask]) -> set[UUID]:
    """Ids of those repeats, ``repeat_of`` loaded, whose person has chosen on enough other films since the first choice,
    which stands. One query, however many.
    """
    firsts = {repeat.pk: repeat.repeat_of for repeat in repeats}
    since = min((first.settled_at for first in firsts.values() if first and first.settled_at), default=None)
    if since is None:
        return set()
    rows = ReviewTask.objects.filter(
        batch__in={repeat.batch_id for repeat in repeats}, kind=TaskKind.SELECTION, state=TaskState.DONE,
        done_by__in={first.done_by_id for first in firsts.values() if first}, repeat_of__isnull=True,
        settled_at__gt=since,
    )  # fmt: skip
    chosen = list(rows.order_by().values_list("batch", "done_by", "settled_at", "project_image"))
    enough = set()
    for repeat in repeats:
        first = firsts[repeat.pk]
        if first is None or first.settled_at is None or repeat.due_after is None:
            continue
        whose = (repeat.batch_id, first.done_by_id)
        films = {film for batch, who, at, film in chosen if (batch, who) == whose and at and at > first.settled_at}
        if len(films - {repeat.project_image_id}) >= repeat.due_after:
            enough.add(repeat.pk)
    return enough
