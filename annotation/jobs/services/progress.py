"""Heartbeats."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from annotation.common.blobs import blobs
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.services.move import job_move
from mlbackend.contracts import Progress, progress_key
from mlbackend.storage import StorageMissingError


@transaction.atomic
def progress_record(progress: dict[str, Any] | Progress) -> Job | None:
    """Record a progress message as a heartbeat; the first one makes the job run.

    Ignored, with None as answer: messages of an unknown or ended job, of an older attempt, and such as arrive after a
    newer one. Ages are told by the order of the worker's clock and by our own clock, never by comparing the two.
    Raises ContractError.
    """
    message = progress if isinstance(progress, Progress) else Progress.from_json(progress)
    job = _find(message.job_id)
    if job is None or job.attempt != message.attempt or job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
        return None
    if message.at <= float(job.progress.get("at", 0)):
        return None
    now = timezone.now()
    changes = {"progress": message.to_json(), "heartbeat_at": now, "worker": message.worker[:200]}
    if job.status == JobStatus.QUEUED:
        return job_move(job.id, to=JobStatus.RUNNING, reason=f"taken by {message.worker}", started_at=now, **changes)
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=list(changes))
    return job


def progress_of_file(job: Job) -> Progress | None:
    """The heartbeat that the job's current attempt left in storage; None where there is none. Raises ContractError."""
    try:
        return Progress.from_json(json.loads(blobs().read(progress_key(str(job.id), job.attempt))))
    except StorageMissingError:
        return None


def _find(job_id: str) -> Job | None:
    try:
        return Job.objects.select_for_update(no_key=True).filter(pk=UUID(job_id)).first()
    except (ValueError, ValidationError):
        return None
