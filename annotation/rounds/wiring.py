"""What the engine hears from the apps below it."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from annotation.images.models import ProjectImage
from annotation.jobs import handlers
from annotation.jobs.models import Job
from annotation.jobs.sending import send
from annotation.reviews.events import Settlement, on_reopened, on_settled
from annotation.reviews.models import ReviewTask, TaskState
from annotation.reviews.services import leases_expire
from annotation.rounds.engine import advance_all, handle_job
from annotation.rounds.repository import record_reopening, record_settlement
from annotation.rounds.steps.train import HANDLER
from annotation.rounds.tasks import TASK_ADVANCE
from mlbackend.contracts import QUEUE_PLATFORM


def advance_soon(project_id: object) -> None:
    """Ask the platform worker to move the project on, after the commit. A lost message costs one sweep."""
    transaction.on_commit(partial(send, TASK_ADVANCE, [str(project_id)], QUEUE_PLATFORM))


def settled(settlement: Settlement) -> None:
    """The mask enters the repository; the last open task of the batch wakes the engine."""
    record_settlement(settlement)
    waiting = ReviewTask.objects.filter(batch=settlement.task.batch, state=TaskState.OPEN, repeat_of__isnull=True)
    if not waiting.exists():
        advance_soon(settlement.task.project_id)


def reopened(task: ReviewTask, project_image: ProjectImage) -> None:
    """The settlement leaves the repository."""
    record_reopening(task, project_image)


def job_ended(job: Job) -> None:
    """Record what the job made, then move on."""
    handle_job(job)
    advance_soon(job.project_id)


def expire_leases() -> None:
    """Sweeper: leases that ended."""
    leases_expire()


def connect() -> None:
    """Register all of it; called once by the app's ``ready``."""
    handlers.register(HANDLER)(job_ended)
    handlers.register_sweeper(expire_leases)
    handlers.register_sweeper(advance_all)
    on_settled(settled)
    on_reopened(reopened)
