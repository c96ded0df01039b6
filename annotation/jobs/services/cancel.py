"""Stop a job."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.sending import send
from annotation.jobs.services.move import job_move
from mlbackend.contracts import QUEUE_PLATFORM, TASK_FINISHED, cancel_key

_log = logging.getLogger(__name__)


@transaction.atomic
def job_cancel(job_id: UUID | str, *, actor: Any, reason: str = "") -> Job:
    """Cancel a job at once; its worker stops at the next step, and what it still writes is ignored.

    Raises InvalidTransition where the job has ended. The platform worker runs the job's handler afterwards.
    """
    words = reason or "cancelled by a person"
    job = job_move(job_id, to=JobStatus.CANCELLED, reason=words, error=words)
    audit_record("job.cancel", job, actor=actor, project_id=job.project_id, reason=words)
    transaction.on_commit(partial(_tell, str(job.id), job.attempt), robust=True)
    return job


def _tell(job_id: str, attempt: int) -> None:
    try:
        blobs().write(cancel_key(job_id), b"")
    except Exception:
        # The job counts as cancelled all the same; only the worker goes on for nothing.
        _log.exception("job %s: the cancel marker could not be written", job_id)
    send(TASK_FINISHED, [job_id, attempt], QUEUE_PLATFORM)
