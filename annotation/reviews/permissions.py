"""Who may do what in the queue."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.accounts.models import User
from annotation.masks.models import Mask
from annotation.masks.permissions import Shown
from annotation.projects.models import Project
from annotation.projects.permissions import can_review, review_roles
from annotation.reviews.models import UNSETTLED, ReviewTask, TaskCandidate, TaskKind, TaskState


def can_work(user: User, task: ReviewTask) -> bool:
    """The task's role must be one of the user's in its project."""
    return task.role in review_roles(user, task.project)


def lease_token(user: User, task: ReviewTask) -> uuid.UUID:
    """Proof that this person was given this task: a keyed digest, so that an expired lease is still recognised."""
    message = f"{task.pk}:{user.pk}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def reads_project(user: User, project: Project) -> bool:
    """Whether any film of the project may come to be read by this person."""
    return can_review(user, project)


def open_readings(project: Project) -> QuerySet[ReviewTask]:
    """Tasks whose films are being read, or wait for it; one that was set aside may come back."""
    return ReviewTask.objects.filter(project=project, state__in=UNSETTLED)


def reads_blind(user: User, project: Project, image_id: UUID) -> bool:
    """A reviewer of the project, while any task of the film is open."""
    return reads_project(user, project) and open_readings(project).filter(project_image__image=image_id).exists()


def is_blind_to_mask(user: User, mask: Mask) -> bool:
    """The masks app's question: is the mask's lineage hidden from the user for now?"""
    return reads_blind(user, mask.project, mask.image_id)


def candidates_once_offered(project: Project) -> QuerySet[TaskCandidate]:
    """Masks of blind choices that were made: a film whose choice is still open for anybody, or was taken back, has
    none. They stay unnamed and in the order in which they were shown.
    """
    unmade = ReviewTask.objects.filter(
        project=project, project_image=OuterRef("task__project_image"), kind=TaskKind.SELECTION, state__in=UNSETTLED
    )
    made = TaskCandidate.objects.filter(task__project=project, task__state=TaskState.DONE, task__repeat_of=None)
    return made.exclude(Exists(unmade))


def can_see_mask(user: User, mask: Mask) -> bool:
    """A reviewer sees the masks of tasks that are leased to him now, and those he made himself.

    Who corrects a film may begin from the candidates that were once denied on it.
    """
    if mask.author_id == user.pk:
        return True
    offered = TaskCandidate.objects.filter(
        task=OuterRef("pk"), task__repeat_of=None, task__shown_at__isnull=True, mask=mask
    )
    mine = ReviewTask.objects.filter(lease_holder=user, lease_expires_at__gt=timezone.now(), state=TaskState.OPEN)
    if mine.filter(Q(proposal=mask) | Exists(offered)).exists():
        return True
    corrected = mine.filter(project=mask.project_id, project_image__image=mask.image_id, kind=TaskKind.CORRECTION)
    return corrected.exists() and candidates_once_offered(mask.project).filter(mask=mask).exists()


def film_shown_as(shown_as: UUID) -> UUID | None:
    """The images app's question: which film a repeated choice shows under this id."""
    return ReviewTask.objects.filter(shown_as=shown_as).values_list("project_image__image", flat=True).first()


def mask_shown_as(user: User, candidate_id: UUID) -> Shown | None:
    """The masks app's question: which mask a choice shows under this id to the user, who holds it now, and how.

    Repeated choices have such ids, and those in which drawings compete. Under its own id the mask stays as closed to
    him as to anybody who has no task with it: an address that opens again would tell that the film has come back, and a
    drawing's own outline whose it is.
    """
    candidate = TaskCandidate.objects.filter(
        Q(task__repeat_of__isnull=False) | Q(task__shown_at__isnull=False), pk=candidate_id,
        task__state=TaskState.OPEN, task__lease_holder=user, task__lease_expires_at__gt=timezone.now(),
    ).select_related("mask__project", "task")  # fmt: skip
    return next((Shown(one.mask, one.task.shown_at) for one in candidate), None)
