"""The tasks of the GPU queues."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlbackend.contracts import (
    QUEUE_PLATFORM,
    TASK_BENCHMARK,
    TASK_BENCHMARK_STEP,
    TASK_FIND,
    TASK_MAP,
    TASK_PREDICT,
    TASK_TRAIN,
    BenchmarkRequest,
    CellRequest,
    CellResult,
    FindingsRequest,
    MapRequest,
    Outcome,
    PredictRequest,
    TrainRequest,
    request_key,
)
from mlbackend.messages import publish
from mlbackend.storage import OverlayStorage, Storage, StorageError, open_storage
from mlbackend.worker.app import BROKER, STALE_SECONDS, STORAGE_URL, app
from mlbackend.worker.attempt import run_attempt
from mlbackend.worker.device import apply_device_choice
from mlbackend.worker.heartbeat import Heartbeat

if TYPE_CHECKING:
    from mlbackend.data.memory import FilmMemory

_log = logging.getLogger(__name__)
Run = Callable[..., Any]
"""Does what a request asks: (request, storage, worker, on_progress, should_cancel) to a result."""


def worker_name() -> str:
    """Host and process of the worker's parent, which outlives a child that dies: the name stays when it goes on."""
    return f"{socket.gethostname()}:{os.getppid()}"


def send(name: str, args: list[object]) -> None:
    """Nudge the platform; a broker that is away is no reason to stop."""
    try:
        publish(app, BROKER, name, args, QUEUE_PLATFORM)
    except Exception as error:
        _log.warning("%s could not be sent: %s; the platform's sweep finds the file", name, error)


def _attempt(message: dict[str, Any], contract: type[Any], load: Callable[[], Run], storage: Storage) -> Any:
    """Run an attempt for the platform by what ``load`` gives.

    ``load`` imports torch, which the parent process does not need; the heartbeat beats meanwhile.
    """

    def work(wanted: Any, heartbeat: Heartbeat) -> Any:
        apply_device_choice()
        return load()(wanted, storage, worker=worker_name(), **_callbacks(heartbeat))

    return run_attempt(
        message,
        contract,
        work,
        storage=storage,
        send=send,
        worker=worker_name(),
        stale_seconds=STALE_SECONDS,
    )


@app.task(name=TASK_TRAIN)
def train(request: dict[str, Any]) -> None:
    """Train a network.

    Precondition: a TrainRequest. End states: a result file of this attempt, whoever wrote it; or nothing, where the job
    is cancelled, superseded or in another worker's hands, or where this worker was shut down.
    """

    def load() -> Run:
        from mlbackend.training.loop import train as run

        return run

    storage = open_storage(STORAGE_URL)
    result = _attempt(request, TrainRequest, load, storage)
    if result is not None and result.outcome == Outcome.SUCCEEDED:
        _discard_checkpoints(storage, result.job_id)


@app.task(name=TASK_PREDICT)
def predict(request: dict[str, Any]) -> None:
    """Predict masks.

    Precondition: a PredictRequest. End states: as for ``train``.
    """

    def load() -> Run:
        from mlbackend.prediction.predictor import predict as run

        return run

    _attempt(request, PredictRequest, load, open_storage(STORAGE_URL))


@app.task(name=TASK_FIND)
def find(request: dict[str, Any]) -> None:
    """Find lungs and infection on films.

    Precondition: a FindingsRequest. End states: as for ``train``.
    """

    def load() -> Run:
        from mlbackend.prediction.findings import find as run

        return run

    _attempt(request, FindingsRequest, load, open_storage(STORAGE_URL))


@app.task(name=TASK_MAP)
def draw_maps(request: dict[str, Any]) -> None:
    """Draw probability maps of films.

    Precondition: a MapRequest. End states: as for ``train``.
    """

    def load() -> Run:
        from mlbackend.prediction.maps import draw_maps as run

        return run

    _attempt(request, MapRequest, load, open_storage(STORAGE_URL))


@app.task(name=TASK_BENCHMARK)
def benchmark(message: dict[str, Any]) -> None:
    """Train and score one cell of a benchmark that somebody runs from the command line.

    Precondition: ``job_id`` and ``attempt``; ``data_url`` and ``out_url``, the storages that hold the dataset and the
    benchmark's folder, where its request lies. End states: as for ``train``.
    """
    storage = _benchmark_storage(message["data_url"], message["out_url"])

    def work(wanted: CellRequest, heartbeat: Heartbeat) -> CellResult:
        apply_device_choice()
        from mlbackend.benchmark.cell import run_cell

        return run_cell(wanted, storage, worker=worker_name(), memory=_films(storage), **_callbacks(heartbeat))

    job_id, attempt = str(message["job_id"]), int(message["attempt"])
    run_attempt(
        json.loads(storage.read(request_key(job_id, attempt))),
        CellRequest,
        work,
        storage=storage,
        # No platform waits for it: the one who sent it looks for the result file.
        send=lambda name, args: None,
        worker=worker_name(),
        stale_seconds=STALE_SECONDS,
    )


@app.task(name=TASK_BENCHMARK_STEP)
def benchmark_step(request: dict[str, Any]) -> None:
    """Do one step of a benchmark that the platform runs.

    Precondition: a BenchmarkRequest. End states: as for ``train``.
    """

    def load() -> Run:
        from mlbackend.benchmark.run.steps import run_step as run

        return run

    _attempt(request, BenchmarkRequest, load, _platform_storage(STORAGE_URL))


@lru_cache(maxsize=1)
def _platform_storage(url: str) -> Storage:
    """The same object for all steps of a benchmark, so that their films are kept together."""
    return open_storage(url)


@lru_cache(maxsize=1)
def _benchmark_storage(data_url: str, out_url: str) -> OverlayStorage:
    """The same object for all cells of a benchmark, so that their films are kept together."""
    return OverlayStorage(open_storage(data_url), open_storage(out_url))


@lru_cache(maxsize=1)
def _films(storage: OverlayStorage) -> FilmMemory:
    """Films of the cells that this process has run: the next cell of the grid needs the same."""
    from mlbackend.data.memory import FilmMemory

    return FilmMemory(storage)


def _callbacks(heartbeat: Heartbeat) -> dict[str, Any]:
    return {"on_progress": heartbeat.on_progress, "should_cancel": heartbeat.should_cancel}


def _discard_checkpoints(storage: Storage, job_id: str) -> None:
    from mlbackend.training.checkpoint import discard_checkpoints

    try:
        discard_checkpoints(storage, job_id)
    except StorageError as error:
        _log.warning("job %s: old checkpoints could not be removed: %s", job_id, error)
