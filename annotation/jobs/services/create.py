"""Ask a worker for something."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from annotation.common.errors import InvalidInput
from annotation.jobs import handlers
from annotation.jobs.models import Job, JobEvent, JobKind
from annotation.jobs.services.dispatch import job_dispatch
from mlbackend.contracts import (
    BenchmarkRequest,
    ContractError,
    FindingsRequest,
    MapRequest,
    PredictRequest,
    TrainRequest,
)
from mlbackend.logs import request_id

Contract = type[TrainRequest] | type[PredictRequest] | type[BenchmarkRequest] | type[FindingsRequest] | type[MapRequest]
CONTRACTS: dict[str, Contract] = {
    JobKind.TRAIN: TrainRequest,
    JobKind.PREDICT: PredictRequest,
    JobKind.BENCHMARK: BenchmarkRequest,
    JobKind.FINDINGS: FindingsRequest,
    JobKind.MAP: MapRequest,
}


def request_check(kind: str, request: dict[str, Any]) -> dict[str, Any]:
    """The request without job id and attempt, with every default filled in; raises InvalidInput.

    Defaults are written out so that a job means the same after a default has changed.
    """
    if kind not in CONTRACTS:
        raise InvalidInput(
            f"there is no job of kind {kind!r}", field="kind", value=kind, remedy=f"use {', '.join(JobKind.values)}"
        )
    try:
        checked = CONTRACTS[kind].from_json({**request, "job_id": "to-be-made", "attempt": 1}).to_json()
    except ContractError as error:
        raise InvalidInput(f"the request does not fit its contract: {error}", field="request") from error
    return {name: value for name, value in checked.items() if name not in ("job_id", "attempt")}


@transaction.atomic
def job_create(
    *,
    kind: str,
    handler: str,
    request: dict[str, Any],
    context: dict[str, Any] | None = None,
    project_id: UUID | None = None,
    max_attempts: int | None = None,
) -> Job:
    """Make a job in the caller's transaction; it is sent to a worker when that commits.

    ``request`` is the kind's request as JSON (``CONTRACTS``), with or without ``job_id`` and ``attempt``. ``handler``
    names what follows its end (``handlers.register``), ``context`` is what the handler needs to know, ids only.
    Raises InvalidInput. A broker that cannot be reached is no error: the sweep sends later.
    """
    handlers.get(handler)
    job = Job.objects.create(
        kind=kind,
        handler=handler,
        request=request_check(kind, request),
        context=context or {},
        project_id=project_id,
        request_id=request_id(),
        max_attempts=settings.JOB_MAX_ATTEMPTS if max_attempts is None else max_attempts,
    )
    JobEvent.objects.create(job=job, attempt=0, old="", new=job.status, reason="made")
    transaction.on_commit(partial(job_dispatch, job.id), robust=True)
    return job
