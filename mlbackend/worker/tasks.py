"""The tasks of the GPU queues."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from mlbackend.contracts import (
    QUEUE_PLATFORM,
    TASK_PREDICT,
    TASK_TRAIN,
    Outcome,
    PredictRequest,
    PredictResult,
    TrainRequest,
    TrainResult,
)
from mlbackend.messages import publish
from mlbackend.storage import Storage, StorageError, open_storage
from mlbackend.worker.app import BROKER, STALE_SECONDS, STORAGE_URL, app
from mlbackend.worker.attempt import run_attempt
from mlbackend.worker.device import apply_device_choice
from mlbackend.worker.heartbeat import Heartbeat

_log = logging.getLogger(__name__)


def worker_name() -> str:
    """Host and process of the worker's parent, which outlives a child that dies: the name stays when it goes on."""
    return f"{socket.gethostname()}:{os.getppid()}"


def send(name: str, args: list[object]) -> None:
    """Nudge the platform; a broker that is away is no reason to stop."""
    try:
        publish(app, BROKER, name, args, QUEUE_PLATFORM)
    except Exception as error:
        _log.warning("%s could not be sent: %s; the platform's sweep finds the file", name, error)


@app.task(name=TASK_TRAIN)
def train(request: dict[str, Any]) -> None:
    """Train a network.

    Precondition: a TrainRequest. End states: a result file of this attempt, whoever wrote it; or nothing, where the job
    is cancelled, superseded or in another worker's hands, or where this worker was shut down.
    """
    storage = open_storage(STORAGE_URL)

    def work(wanted: TrainRequest, heartbeat: Heartbeat) -> TrainResult:
        apply_device_choice()
        # torch is imported here: the parent process needs none, and the heartbeat beats meanwhile.
        from mlbackend.training.loop import train as run

        return run(wanted, storage, worker=worker_name(), **_callbacks(heartbeat))

    result = run_attempt(
        request,
        TrainRequest,
        work,
        storage=storage,
        send=send,
        worker=worker_name(),
        stale_seconds=STALE_SECONDS,
    )
    if result is not None and result.outcome == Outcome.SUCCEEDED:
        _discard_checkpoints(storage, result.job_id)


@app.task(name=TASK_PREDICT)
def predict(request: dict[str, Any]) -> None:
    """Predict masks.

    Precondition: a PredictRequest. End states: as for ``train``.
    """
    storage = open_storage(STORAGE_URL)

    def work(wanted: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        apply_device_choice()
        from mlbackend.prediction.predictor import predict as run

        return run(wanted, storage, worker=worker_name(), **_callbacks(heartbeat))

    run_attempt(
        request,
        PredictRequest,
        work,
        storage=storage,
        send=send,
        worker=worker_name(),
        stale_seconds=STALE_SECONDS,
    )


def _callbacks(heartbeat: Heartbeat) -> dict[str, Any]:
    return {"on_progress": heartbeat.on_progress, "should_cancel": heartbeat.should_cancel}


def _discard_checkpoints(storage: Storage, job_id: str) -> None:
    from mlbackend.training.checkpoint import discard_checkpoints

    try:
        discard_checkpoints(storage, job_id)
    except StorageError as error:
        _log.warning("job %s: old checkpoints could not be removed: %s", job_id, error)
