"""The engine: walks a project's rounds step by step. It may be called at any time by anybody, and twice."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from annotation.common.audit import audit_record
from annotation.common.errors import DomainError
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.masks.services import candidates_record, model_version_record
from annotation.projects.models import Project, ProjectState
from annotation.projects.protocol import Protocol
from annotation.projects.services import project_move
from annotation.rounds.models import Round, RoundState, RoundStep, StepState
from annotation.rounds.planning import plan_next
from annotation.rounds.steps import STEPS, Context, Poll, StepFailed

logger = logging.getLogger(__name__)

MOVES_AT_ONCE = 10_000


def advance(project_id: UUID | str) -> int:
    """Move a project on as far as it goes now; returns the number of moves.

    Each move is a transaction of its own under the project's row lock. Nothing happens while the project is archived or
    not running, while a round has a failed step, or while the current step waits.
    """
    moves = 0
    while moves < MOVES_AT_ONCE:
        with transaction.atomic():
            project = Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
            if project is None or project.state != ProjectState.RUNNING or project.archived_at is not None:
                return moves
            if not _move(project):
                return moves
        moves += 1
    return moves


def advance_all() -> None:
    """Sweeper: every running project; one that breaks does not stop the others."""
    for project_id in Project.objects.filter(state=ProjectState.RUNNING, archived_at=None).values_list("pk", flat=True):
        try:
            advance(project_id)
        except Exception:
            logger.exception("project %s could not move on", project_id)


def _move(project: Project) -> bool:
    protocol = Protocol.from_json(project.protocol)
    current = Round.objects.filter(project=project).exclude(state=RoundState.CLOSED).first()
    if current is None:
        return _plan(project, protocol)
    if current.state == RoundState.FAILED:
        return False
    step = current.steps.exclude(state=StepState.DONE).order_by("index").first()
    if step is None:
        _close(current)
        return True
    context = Context(project, protocol, protocol.stages[current.stage], current, step)
    return _step(context)


def _plan(project: Project, protocol: Protocol) -> bool:
    plan = plan_next(project, protocol)
    if plan is None:
        project_move(project=project, state=ProjectState.FINISHED, actor=None)
        return False
    number = (
        Round.objects.filter(project=project).order_by("-number").values_list("number", flat=True).first() or 0
    ) + 1
    created = Round.objects.create(
        project=project, number=number, name=plan.name, stage=plan.stage, kind=plan.kind
    )  # fmt: skip
    RoundStep.objects.bulk_create(
        RoundStep(round=created, index=index, kind=kind, params=params)
        for index, (kind, params) in enumerate(plan.steps)
    )
    audit_record("round.opened", created, project_id=project.pk, name=plan.name)
    return True


def _step(context: Context) -> bool:
    step = context.step
    kind = STEPS[step.kind]
    try:
        with transaction.atomic():
            if step.state == StepState.PENDING:
                step.state, step.started_at, step.error = StepState.RUNNING, timezone.now(), ""
                kind.start(context)
                step.save()
                return True
            poll = kind.poll(context)
            if poll is Poll.WAIT:
                return False
            if poll is Poll.DONE:
                step.state, step.finished_at = StepState.DONE, timezone.now()
            step.save()
            return True
    except (StepFailed, DomainError) as error:
        _fail(context, getattr(error, "message", None) or str(error))
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("step %s of %s broke", step.kind, context.round)
        _fail(context, f"unexpected {type(error).__name__}: {error}")
    return False


def _fail(context: Context, why: str) -> None:
    RoundStep.objects.filter(pk=context.step.pk).update(state=StepState.FAILED, error=why)
    Round.objects.filter(pk=context.round.pk).update(state=RoundState.FAILED)
    audit_record("round.failed", context.round, project_id=context.project.pk, step=context.step.kind, error=why)
    logger.error("round %s failed at %s: %s", context.round, context.step.kind, why)


def _close(current: Round) -> None:
    current.state, current.closed_at = RoundState.CLOSED, timezone.now()
    current.save(update_fields=["state", "closed_at"])
    audit_record("round.closed", current, project_id=current.project_id, name=current.name)


def handle_job(job: Job) -> None:
    """What follows a job of a round: its network or its masks are recorded, and the project moves on. Idempotent."""
    project = Project.objects.get(pk=job.context["project"])
    number = int(job.context["round_number"])
    if job.status == JobStatus.SUCCEEDED:
        if job.kind == JobKind.TRAIN:
            model_version_record(job=job, project=project, purpose=job.context["purpose"], round_number=number)
        else:
            models = {str(model.pk): model for model in project.model_versions.filter(pk__in=job.context["models"])}
            candidates_record(job=job, project=project, round_number=number, models=models)
