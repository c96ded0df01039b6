"""Second corrections that nobody is there to draw."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotation.images.models import ProjectImage
from annotation.projects.models import Membership
from annotation.reviews.models import Edit, ReviewBatch, ReviewTask, TaskKind, TaskState
from annotation.reviews.services.flow import after_correction
from annotation.reviews.services.move import MOVED, task_move
from annotation.reviews.services.submit import current_act


def corrections_release(batch: ReviewBatch) -> int:
    """Settle films by their first correction where no other reader is left for the second; returns how many.

    The caller must not hold the batch's row: an act locks a film's row before it.
    """
    now = timezone.now()
    drawn = ReviewTask.objects.filter(
        batch=batch, project_image=OuterRef("project_image"), parent=OuterRef("parent"), kind=TaskKind.CORRECTION,
        state=TaskState.DONE,
    )  # fmt: skip
    waiting = ReviewTask.objects.filter(
        Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now),
        Exists(drawn), batch=batch, kind=TaskKind.CORRECTION, state=TaskState.OPEN, replicas__gt=1,
    )  # fmt: skip
    released = 0
    for film in waiting.order_by("project_image").values_list("project_image", flat=True):
        ProjectImage.objects.select_for_update(no_key=True).get(pk=film)
        # Looked at again under the film's lock: somebody may have begun or undone meanwhile.
        second = waiting.select_for_update(no_key=True, of=("self",)).filter(project_image=film).first()
        released += second is not None and _release(second)
    return released


def _release(second: ReviewTask) -> bool:
    first = (
        ReviewTask.objects.select_related("batch", "project", "project_image")
        .filter(batch=second.batch_id, parent=second.parent_id, kind=TaskKind.CORRECTION, state=TaskState.DONE)
        .get()
    )
    others = Membership.objects.filter(project=second.project_id, role=second.role, user__is_active=True)
    if others.exclude(user=first.done_by_id).exists():
        return False
    task_move(second, TaskState.CANCELLED)
    second.settled_at = timezone.now()
    second.save(update_fields=MOVED)
    act = current_act(Edit, first)
    assert act is not None
    after_correction(first, act)
    return True
