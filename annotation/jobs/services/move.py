"""The one place where a job changes its state."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.common.errors import InvalidTransition, Missing
from annotation.jobs.models import ALLOWED, Job, JobEvent, JobStatus
from mlbackend.logs import bound

_log = logging.getLogger(__name__)

ENDED = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})


def job_lock(job_id: UUID | str) -> Job:
    """The job's row, locked until the end of the caller's transaction; raises Missing."""
    job = Job.objects.select_for_update(no_key=True).filter(pk=job_id).first()
    if job is None:
        raise Missing(f"there is no job {job_id}", field="job", value=str(job_id))
    return job


@transaction.atomic
def job_move(job_id: UUID | str, *, to: str, reason: str = "", **changes: Any) -> Job:
    """Move a job to another state under its lock, with one event, and set the fields in ``changes``.

    An ended job gets its ``finished_at``. Raises InvalidTransition where ``ALLOWED`` has no such move.
    """
    job = job_lock(job_id)
    if to not in ALLOWED[job.status]:
        raise InvalidTransition(
            f"job {job.id} is {job.status} and cannot become {to}",
            field="status",
            value=job.status,
            remedy=f"possible from here: {', '.join(sorted(ALLOWED[job.status])) or 'nothing, the job has ended'}",
        )
    old, job.status = job.status, JobStatus(to)
    if job.status in ENDED:
        changes.setdefault("finished_at", timezone.now())
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=["status", *changes])
    JobEvent.objects.create(job=job, attempt=job.attempt, old=old, new=job.status, reason=reason)
    with bound(request=job.request_id or None, job=str(job.id)):
        _log.info("%s job, attempt %s: %s -> %s", job.kind, job.attempt, old, job.status)
    return job
