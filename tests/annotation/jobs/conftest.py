"""A handler that keeps what it was given, and requests for jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from annotation.jobs import handlers
from annotation.jobs.models import Job
from annotation.jobs.services import job_create
from mlbackend.contracts import (
    Outcome,
    PredictResult,
    Progress,
    TrainResult,
    progress_key,
    result_key,
)
from mlbackend.storage import Storage
from tests.support.films import predict_request, train_request


@dataclass
class Recorder:
    """A handler that keeps the status of every job it was given; ``error`` makes it raise."""

    calls: list[str] = field(default_factory=list)
    error: Exception | None = None
    writes: Callable[[], object] = lambda: None

    def __call__(self, job: Job) -> None:
        self.calls.append(job.status)
        self.writes()
        if self.error:
            raise self.error


@pytest.fixture
def handler() -> Iterator[Recorder]:
    recorder = Recorder()
    handlers.register("recorder")(recorder)
    yield recorder
    handlers.unregister("recorder")


@pytest.fixture
def make_job(db: None, handler: Recorder, django_capture_on_commit_callbacks: Any) -> Callable[..., Job]:
    """``make_job(kind="predict")``: a job as a service makes it, sent by the commit."""

    def make(**values: Any) -> Job:
        kind = values.setdefault("kind", "predict")
        values.setdefault("request", predict_request([]) if kind == "predict" else train_request([]))
        with django_capture_on_commit_callbacks(execute=True):
            job = job_create(handler="recorder", **values)
        job.refresh_from_db()
        return job

    return make


@pytest.fixture
def worker_says(storage: Storage) -> WorkerSays:
    return WorkerSays(storage)


@dataclass
class WorkerSays:
    """Files as a worker leaves them in storage."""

    storage: Storage

    def ended(self, job: Job, outcome: Outcome = Outcome.SUCCEEDED, error: str = "") -> None:
        kind = TrainResult if job.kind == "train" else PredictResult
        result = kind(job_id=str(job.id), attempt=job.attempt, outcome=outcome, error=error)
        self.storage.write(result_key(str(job.id), job.attempt), json.dumps(result.to_json()).encode())

    def alive(self, job: Job, at: float, phase: str = "training", worker: str = "w1") -> Progress:
        progress = Progress(job_id=str(job.id), attempt=job.attempt, at=at, worker=worker, phase=phase)
        self.storage.write(progress_key(str(job.id), job.attempt), json.dumps(progress.to_json()).encode())
        return progress
