"""Hand a job to a worker: first, again after its worker died, again because a person says so."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.common.errors import InvalidTransition
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.sending import send
from annotation.jobs.services.move import job_lock, job_move
from mlbackend.contracts import (
    QUEUE_PREDICT,
    QUEUE_TRAIN,
    TASK_BENCHMARK_STEP,
    TASK_FIND,
    TASK_MAP,
    TASK_PREDICT,
    TASK_TRAIN,
    cancel_key,
    request_key,
)
from mlbackend.logs import bound

_log = logging.getLogger(__name__)

ROUTES: dict[str, tuple[str, str]] = {
    JobKind.TRAIN: (TASK_TRAIN, QUEUE_TRAIN),
    JobKind.PREDICT: (TASK_PREDICT, QUEUE_PREDICT),
    JobKind.FINDINGS: (TASK_FIND, QUEUE_PREDICT),
    JobKind.MAP: (TASK_MAP, QUEUE_PREDICT),
    JobKind.BENCHMARK: (TASK_BENCHMARK_STEP, QUEUE_TRAIN),
}


def message_of(job: Job) -> dict[str, Any]:
    """The contract that the worker gets for the job's current attempt."""
    return {**job.request, "job_id": str(job.id), "attempt": job.attempt}


def job_send(job_id: UUID | str, attempt: int) -> bool:
    """Send an attempt that is queued; True where the message is out.

    ``queued_at`` stays empty where it could not be sent, and the sweep tries again. Does nothing where the job has gone
    on.
    """
    job = Job.objects.filter(pk=job_id, attempt=attempt, status=JobStatus.QUEUED).first()
    if job is None:
        return False
    with bound(request=job.request_id or None, job=str(job.id)):
        return _send(job)


def _send(job: Job) -> bool:
    message, attempt = message_of(job), job.attempt
    try:
        # Tells workers that older attempts are superseded, before any of them can see the new message.
        blobs().write(request_key(str(job.id), attempt), json.dumps(message).encode())
        blobs().delete(cancel_key(str(job.id)))
    except Exception:
        _log.exception("job %s: storage could not be written; the sweep sends it again", job.id)
        return False
    task, queue = ROUTES[job.kind]
    if not send(task, [message], queue):
        return False
    Job.objects.filter(pk=job.pk, attempt=attempt).update(queued_at=timezone.now())
    return True


@transaction.atomic
def job_dispatch(job_id: UUID | str, *, reason: str = "") -> Job:
    """Start the next attempt of a job that was made but not sent: queued, and sent after the commit.

    Does nothing where somebody else was faster, so that calling it twice starts one attempt.
    """
    job = job_lock(job_id)
    return job if job.status != JobStatus.CREATED else _next_attempt(job, reason or "sent to the queue")


@transaction.atomic
def job_requeue(job_id: UUID | str, *, attempt: int, reason: str, free: bool = False) -> Job:
    """Start another attempt because ``attempt`` got lost. Does nothing where the job has gone on since.

    ``free`` attempts do not count against ``max_attempts``: their worker was shut down, it did not die.
    """
    job = job_lock(job_id)
    if job.attempt != attempt or job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
        return job
    if free:
        job.max_attempts += 1
        job.save(update_fields=["max_attempts"])
    return _next_attempt(job, reason)


@transaction.atomic
def job_retry(job_id: UUID | str, *, actor: Any) -> Job:
    """Try a failed or cancelled job again, from its last checkpoint, with a full count of attempts.

    Raises InvalidTransition where the job neither failed nor was cancelled.
    """
    job = job_lock(job_id)
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise InvalidTransition(
            f"job {job.id} is {job.status}; only failed and cancelled jobs are tried again",
            field="status",
            value=job.status,
        )
    job.max_attempts = job.attempt + settings.JOB_MAX_ATTEMPTS
    job.save(update_fields=["max_attempts"])
    audit_record("job.retry", job, actor=actor, project_id=job.project_id, attempt=job.attempt + 1)
    return _next_attempt(job, "tried again by a person")


def _next_attempt(job: Job, reason: str) -> Job:
    moved = job_move(
        job.id,
        to=JobStatus.QUEUED,
        reason=reason,
        attempt=job.attempt + 1,
        queued_at=None,
        started_at=None,
        heartbeat_at=None,
        finished_at=None,
        handled_at=None,
        progress={},
        result={},
        worker="",
        error="",
    )
    transaction.on_commit(partial(job_send, moved.id, moved.attempt), robust=True)
    return moved
