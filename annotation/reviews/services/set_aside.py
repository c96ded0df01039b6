"""A film that cannot be loaded: its reader reports it and goes on, an admin puts it back or excludes it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from PIL import UnidentifiedImageError

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput, Missing
from annotation.images.models import ProjectImage
from annotation.images.services import film_mend
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.projects.guards import require_admin
from annotation.projects.models import Project
from annotation.reviews.events import Settlement, settle
from annotation.reviews.models import (
    UNSETTLED,
    Act,
    Report,
    ReportDecision,
    Resolution,
    ResolutionDecision,
    ReviewTask,
    TaskState,
)
from annotation.reviews.services.move import MOVED, task_move
from annotation.reviews.services.submit import Receipt, Submission, submit
from mlbackend.storage import StorageError

LONGEST_REASON = 200


def report_submit(*, submission: Submission, comment: str = "") -> Receipt:
    """The film of a task of any kind cannot be loaded: the task leaves the queue, with all open readings of the film.

    A probe or a repeat goes alone: it is no reading. Taken back like any other act.
    """

    def no_follow_up(task: ReviewTask, act: Act) -> None:
        return None

    return submit(
        Report,
        replace(submission, content={"report": True, "comment": comment}),
        kind=None,
        fields=lambda task: {"decision": ReportDecision.SET_ASIDE, "comment": comment},
        follow=no_follow_up,
        finish=_set_aside,
    )


def _set_aside(task: ReviewTask, act: Act) -> None:
    assert isinstance(act, Report)
    readings = [task]
    if task.settles:
        twins = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(
            batch=task.batch_id, project_image=task.project_image_id, kind=task.kind, parent=task.parent_id,
            is_probe=False, repeat_of__isnull=True, state=TaskState.OPEN,
        )  # fmt: skip
        readings += twins.exclude(pk=task.pk)
    for reading in readings:
        task_move(reading, TaskState.SET_ASIDE)
        reading.set_aside_by = act
        reading.save(update_fields=MOVED)
    audit_record(
        "film.set_aside", task.project_image, actor=act.actor, project_id=task.project_id,
        report=str(act.pk), kind=task.kind, comment=act.comment,
    )  # fmt: skip


def film_put_back(*, project: Project, image_id: UUID, actor: User) -> Resolution:
    """All that was set aside of a film is in the queue again. Its pictures are read first, and made anew from the
    original where they are broken; a probe or a repeat whose mask is lost is closed, as it settles nothing.

    Raises NotAllowed, Missing, or Conflict where nothing is set aside or the film still cannot be read.
    """
    require_admin(actor, project)
    film = _film(project, image_id)
    # Read before anything is locked: a film may be large and the storage slow.
    checked = list(_aside(film))
    if not checked:
        raise _nothing(image_id)
    mended = film_mend(film.image)
    lost = {task.pk for task in checked if not _masks_readable(task)}
    real = [task for task in checked if task.pk in lost and task.settles]
    problem = mended.problem or ("a mask that is to be judged on it cannot be read from storage" if real else "")
    if problem:
        raise Conflict(
            f"the film stays set aside: {problem}", code="unreadable", field="image", value=str(image_id),
            remedy="restore the storage and put it back then, or exclude the film",
        )  # fmt: skip
    with transaction.atomic():
        tasks = _locked(film)
        if not tasks:
            raise _nothing(image_id)
        for task in tasks:
            task_move(task, TaskState.CANCELLED if task.pk in lost else TaskState.OPEN)
            task.assigned_to = None
            task.settled_at = timezone.now() if task.pk in lost else None
            task.save(update_fields=[*MOVED, "assigned_to"])
        return _resolve(tasks[0], ResolutionDecision.PUT_BACK, actor, made_anew=mended.made_anew)


@transaction.atomic
def film_exclude(*, project: Project, image_id: UUID, reason: str, actor: User) -> Resolution:
    """The film leaves the dataset as by a reviewer's exclusion; whatever is open of it closes.

    Raises NotAllowed, Missing, InvalidInput without a reason, Conflict where nothing of it is set aside.
    """
    require_admin(actor, project)
    reason = reason.strip()
    if not reason:
        raise InvalidInput("reason is empty", field="reason", value=reason, remedy="say why the film cannot be used")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            f"the reason has {len(reason)} characters", field="reason", remedy=f"use at most {LONGEST_REASON}"
        )
    film = _film(project, image_id)
    tasks = _locked(film)
    if not tasks:
        raise _nothing(image_id)
    rest = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(
        project_image=film, state__in=UNSETTLED
    )
    for task in rest:
        task_move(task, TaskState.CANCELLED)
        task.settled_at = timezone.now()
        task.save(update_fields=MOVED)
    resolution = _resolve(tasks[0], ResolutionDecision.EXCLUDE, actor, reason=reason)
    settle(Settlement(tasks[0], tasks[0].project_image, "excluded", None, actor, reason))
    return resolution


def _film(project: Project, image_id: UUID) -> ProjectImage:
    film = ProjectImage.objects.select_related("image").filter(project=project, image=image_id).first()
    if film is None:
        raise Missing("this project has no such film", field="image", value=str(image_id))
    return film


def _nothing(image_id: UUID) -> Conflict:
    return Conflict(
        "nothing of this film is set aside any more", code="not_set_aside", field="image", value=str(image_id),
        remedy="reload the page: a colleague has decided, or the report was taken back",
    )  # fmt: skip


def _aside(film: ProjectImage) -> list[ReviewTask]:
    tasks = ReviewTask.objects.filter(project_image=film, state=TaskState.SET_ASIDE).select_related("proposal")
    return list(tasks.prefetch_related("candidates__mask"))


def _locked(film: ProjectImage) -> list[ReviewTask]:
    """The film's tasks that are set aside; the film's row is locked first, as every act does."""
    ProjectImage.objects.select_for_update(no_key=True).get(pk=film.pk)
    tasks = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(
        project_image=film, state=TaskState.SET_ASIDE
    )
    return list(tasks.select_related("batch", "project", "project_image__image").order_by("is_probe", "created_at"))


def _masks_readable(task: ReviewTask) -> bool:
    masks = [candidate.mask for candidate in task.candidates.all()]
    return all(map(_readable, [*masks, task.proposal] if task.proposal else masks))


def _readable(mask: Mask) -> bool:
    try:
        return mask_read(mask).shape == (mask.height, mask.width)
    except (StorageError, UnidentifiedImageError, OSError, ValueError):
        return False


def _resolve(task: ReviewTask, decision: str, actor: User, *, reason: str = "", made_anew: bool = False) -> Resolution:
    film = task.project_image
    audit_record(
        f"film.{decision}", film, actor=actor, project_id=task.project_id,
        image=str(film.image_id), reason=reason, made_anew=made_anew,
    )  # fmt: skip
    return Resolution.objects.create(
        batch=task.batch, project_image=film, decision=decision, reason=reason, made_anew=made_anew, actor=actor
    )
