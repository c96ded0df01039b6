"""Messages from workers and the clock. Each task may come twice, late or never: the services bear it."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from annotation.jobs.services import jobs_sweep, progress_record, result_record
from mlbackend.alive import leave_sign
from mlbackend.contracts import TASK_FINISHED, TASK_PROGRESS, TASK_SWEEP


@shared_task(name=TASK_PROGRESS)
def job_progress(progress: dict[str, Any]) -> None:
    """A worker's heartbeat.

    Precondition: none. End state: the job runs and shows this progress; unchanged where the message is of an older
    attempt, older than the last one, or of an ended job.
    """
    progress_record(progress)


@shared_task(name=TASK_FINISHED)
def job_finished(job_id: str, attempt: int) -> None:
    """A worker has put its result file into place, or a person has cancelled.

    Precondition: none. End state: the job has ended as its result file says, and its handler has run once; unchanged
    where there is no such file or the attempt is not the job's last.
    """
    result_record(job_id, attempt)


@shared_task(name=TASK_SWEEP)
def sweep() -> None:
    """The clock.

    Precondition: none. End state: every job is on its way or ended, see ``jobs_sweep``; the sign for the container's
    health check is left.
    """
    jobs_sweep()
    leave_sign("platform")
