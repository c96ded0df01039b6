"""Start, pause, resume, retry a failed step, close a reviewed round without waiting for the grace period."""

from __future__ import annotations

import random
from typing import Any

from django.db import transaction

from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput, InvalidTransition, NotAllowed
from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.jobs.models import JobStatus
from annotation.jobs.services import job_cancel, job_retry
from annotation.jobs.services.move import ENDED
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services.manifest_import import enough_for_protocol
from annotation.masks.services.manifest_import.report import ERROR
from annotation.projects.guards import require_in_use
from annotation.projects.models import Project, ProjectState
from annotation.projects.permissions import can_administer
from annotation.projects.protocol import InitialTrainingStage, Protocol, validation_count
from annotation.projects.services import project_move
from annotation.reviews.models import TaskState
from annotation.reviews.selectors import count_set_aside
from annotation.rounds.models import Provenance, Round, RoundState, StepState
from annotation.rounds.repository import truth_set
from annotation.rounds.services.training import ANEW
from annotation.rounds.wiring import advance_soon


def _admin(project: Project, actor: Any) -> None:
    if actor is not None and not can_administer(actor, project):
        raise NotAllowed("only an admin of the project may do this", remedy="ask one")
    require_in_use(project)


@transaction.atomic
def project_start(*, project: Project, actor: Any) -> Project:
    """Fix the validation pool, take the seeds into the repository, and let the engine go.

    Raises InvalidInput where seeds or pool do not suffice for the protocol, InvalidTransition where it runs already.
    """
    _admin(project, actor)
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.state != ProjectState.SETUP:
        raise InvalidTransition(f"the project is {project.state}; only one being set up can start")
    protocol = Protocol.from_json(project.protocol)
    stage = protocol.stages[0]
    seeds = list(
        ProjectImage.objects.filter(project=project, role=ImageRole.SEED)
        .exclude(state=ImageState.EXCLUDED)
        .select_related("image__patient")
    )
    _enough(project)
    _seeds_to_repository(project, seeds)
    # Without seeds the drawing stage sets its own films apart, as it chooses them.
    count = _fix_validation_pool(project, stage, seeds) if isinstance(stage, InitialTrainingStage) else 0
    project_move(project=project, state=ProjectState.RUNNING, actor=actor)
    audit_record("project.started", project, actor=actor, project_id=project.pk, seeds=len(seeds), validation=count)
    advance_soon(project.pk)
    project.refresh_from_db()
    return project


def _enough(project: Project) -> None:
    for problem in enough_for_protocol(project):
        if problem.severity == ERROR:
            raise InvalidInput(problem.message, field=problem.field, value=problem.value, remedy=problem.remedy)


def _seeds_to_repository(project: Project, seeds: list[ProjectImage]) -> None:
    masks: dict[Any, Mask] = {}
    for mask in Mask.objects.filter(project=project, kind=MaskKind.SEED).order_by("-created_at", "-pk"):
        masks[mask.image_id] = mask
    for film in seeds:
        if film.image_id not in masks:
            raise InvalidInput(
                "a seed has no mask", field="seeds", value=str(film.image_id), remedy="import it with its mask"
            )
        truth_set(project_image=film, mask=masks[film.image_id], provenance=Provenance.SEED, round_number=0)


def _fix_validation_pool(project: Project, stage: InitialTrainingStage, seeds: list[ProjectImage]) -> int:
    """A seeded share of the seeds' groups; pool films of the same groups are barred from training too."""
    first: dict[Any, str] = {}
    for film in seeds:
        group = film.image.patient.split_group
        first[group] = min(first.get(group, "~"), film.image.sha256)
    groups = sorted(first, key=lambda group: first[group])
    random.Random(f"{project.random_seed}:validation").shuffle(groups)  # noqa: S311
    chosen = groups[: validation_count(stage.validation_fraction, len(groups))]
    films = ProjectImage.objects.filter(project=project, image__patient__split_group__in=chosen)
    return films.update(split=ImageSplit.VALIDATION)


@transaction.atomic
def project_pause(*, project: Project, actor: Any) -> Project:
    """Nothing new is started and no task is handed out; running jobs end and are kept."""
    _admin(project, actor)
    return project_move(project=project, state=ProjectState.PAUSED, actor=actor)


@transaction.atomic
def project_resume(*, project: Project, actor: Any) -> Project:
    """Go on where it was paused."""
    _admin(project, actor)
    advance_soon(project.pk)
    return project_move(project=project, state=ProjectState.RUNNING, actor=actor)


@transaction.atomic
def round_retry(*, round_: Round, actor: Any) -> Round:
    """Run a failed step again: its failed jobs alone where it has any, else from its start.

    Where the training settings have changed since, all its networks are trained anew.
    """
    _admin(round_.project, actor)
    Project.objects.select_for_update(no_key=True).get(pk=round_.project_id)
    round_ = Round.objects.select_for_update(no_key=True, of=("self",)).get(pk=round_.pk)
    step = round_.steps.filter(state=StepState.FAILED).first()
    if round_.state != RoundState.FAILED or step is None:
        raise InvalidTransition(f"round {round_.name} has no failed step", remedy="there is nothing to retry")
    if step.params.pop(ANEW, False):
        for job in step.jobs.exclude(status__in=ENDED):
            job_cancel(job.pk, actor=actor, reason="the training settings have changed")
        step.jobs.clear()
    failed = list(step.jobs.filter(status__in=[JobStatus.FAILED, JobStatus.CANCELLED]))
    for job in failed:
        job_retry(job.pk, actor=actor)
    step.state = StepState.RUNNING if failed or step.started_at else StepState.PENDING
    step.error = ""
    if not failed and not step.jobs.exists():
        step.state = StepState.PENDING
    step.save(update_fields=["state", "error", "params"])
    round_.state = RoundState.OPEN
    round_.save(update_fields=["state"])
    audit_record("round.retried", round_, actor=actor, project_id=round_.project_id, step=step.kind, jobs=len(failed))
    advance_soon(round_.project_id)
    return round_


@transaction.atomic
def round_close_now(*, round_: Round, actor: Any) -> Round:
    """Do not wait for the grace period: all tasks are settled and nobody wants to undo."""
    _admin(round_.project, actor)
    Project.objects.select_for_update(no_key=True).get(pk=round_.project_id)
    step = round_.steps.filter(kind="review", state=StepState.RUNNING).first()
    if step is None or round_.batch is None:
        raise InvalidTransition(f"round {round_.name} is not in review", remedy="wait until its tasks are offered")
    still = round_.batch.tasks.filter(state=TaskState.OPEN, repeat_of__isnull=True).count()
    if still:
        raise InvalidTransition(f"{still} tasks of round {round_.name} are open", remedy="let them be worked first")
    if aside := count_set_aside(round_.project):
        raise InvalidTransition(
            f"round {round_.name} waits for {aside} films that were set aside", code="films_set_aside",
            remedy="put them back, or exclude them",
        )  # fmt: skip
    step.params = {**step.params, "close_now": True}
    step.save(update_fields=["params"])
    audit_record("round.closed_by_hand", round_, actor=actor, project_id=round_.project_id)
    advance_soon(round_.project_id)
    return round_
