"""Who may do what in the queue."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotation.accounts.models import User
from annotation.masks.models import Mask
from annotation.projects.models import Project
from annotation.projects.permissions import can_review, review_roles
from annotation.reviews.models import ReviewTask, TaskCandidate, TaskState


def can_work(user: User, task: ReviewTask) -> bool:
    """The task's role must be one of the user's in its project."""
    return task.role in review_roles(user, task.project)


def lease_token(user: User, task: ReviewTask) -> uuid.UUID:
    """Proof that this person was given this task: a keyed digest, so that an expired lease is still recognised."""
    message = f"{task.pk}:{user.pk}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def reads_blind(user: User, project: Project, image_id: UUID) -> bool:
    """A reviewer of the project, while any task of the film is open."""
    open_tasks = ReviewTask.objects.filter(project=project, project_image__image=image_id, state=TaskState.OPEN)
    return can_review(user, project) and open_tasks.exists()


def is_blind_to_mask(user: User, mask: Mask) -> bool:
    """The masks app's question: is the mask's lineage hidden from the user for now?"""
    return reads_blind(user, mask.project, mask.image_id)


def can_see_mask(user: User, mask: Mask) -> bool:
    """A reviewer sees the masks of tasks that are leased to him now, and those he made himself."""
    if mask.author_id == user.pk:
        return True
    offered = TaskCandidate.objects.filter(task=OuterRef("pk"), mask=mask)
    mine = ReviewTask.objects.filter(lease_holder=user, lease_expires_at__gt=timezone.now(), state=TaskState.OPEN)
    return mine.filter(Q(proposal=mask) | Exists(offered)).exists()
