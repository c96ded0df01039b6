"""The end of an attempt, read from its result file."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction

from annotation.common.blobs import blobs
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services.handle import job_handle
from annotation.jobs.services.move import ENDED, job_lock, job_move
from annotation.jobs.services.progress import progress_of_file, progress_record
from mlbackend.contracts import (
    BenchmarkResult,
    ContractError,
    FindingsResult,
    MapResult,
    Outcome,
    PredictResult,
    TrainResult,
    result_key,
)
from mlbackend.logs import bound
from mlbackend.storage import StorageMissingError

Contract = type[TrainResult] | type[PredictResult] | type[BenchmarkResult] | type[FindingsResult] | type[MapResult]
RESULTS: dict[str, Contract] = {
    JobKind.TRAIN: TrainResult,
    JobKind.PREDICT: PredictResult,
    JobKind.BENCHMARK: BenchmarkResult,
    JobKind.FINDINGS: FindingsResult,
    JobKind.MAP: MapResult,
}
STATUS = {
    Outcome.SUCCEEDED: JobStatus.SUCCEEDED,
    Outcome.FAILED: JobStatus.FAILED,
    Outcome.CANCELLED: JobStatus.CANCELLED,
}


def result_record(job_id: UUID | str, attempt: int) -> Job | None:
    """Record how an attempt ended and run what follows; once, however often it is called.

    The result file is the truth: without one nothing happens. Older attempts and jobs that have ended are ignored (the
    answer is None), but a handler that has not run yet is run.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return None
    with bound(request=job.request_id or None, job=str(job.pk)):
        return _look(job, attempt)


def _look(job: Job, attempt: int) -> Job | None:
    recorded = None
    if job.attempt == attempt and job.status not in ENDED:
        try:
            data = blobs().read(result_key(str(job.pk), attempt))
        except StorageMissingError:
            return None
        _record_last_progress(job)
        recorded = _record(job, attempt, data)
    job_handle(job.pk)
    return recorded


def _record_last_progress(job: Job) -> None:
    """Its message may still be on its way, and an ended job takes none."""
    try:
        last = progress_of_file(job)
    except (ContractError, ValueError):
        # The result counts all the same.
        return
    if last is not None:
        progress_record(last)


@transaction.atomic
def _record(job: Job, attempt: int, data: bytes) -> Job | None:
    locked = job_lock(job.id)
    if locked.attempt != attempt or locked.status in ENDED:
        return None
    try:
        result = RESULTS[job.kind].from_json(json.loads(data))
    except (ContractError, ValueError) as error:
        words = f"the result file of attempt {attempt} cannot be read: {error}"
        return job_move(job.id, to=JobStatus.FAILED, reason=words, error=words)
    error_text = result.error
    if result.outcome == Outcome.FAILED and not error_text:
        error_text = "the worker gave no reason"
    return job_move(
        job.id,
        to=STATUS[result.outcome],
        reason=error_text or f"attempt {attempt} ended",
        result=result.to_json(),
        error=error_text,
    )
