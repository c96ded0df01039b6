"""One attempt of a job on this worker: from its message to its result file."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from mlbackend.contracts import (
    PHASE_INTERRUPTED,
    TASK_FINISHED,
    BenchmarkRequest,
    BenchmarkResult,
    CellRequest,
    CellResult,
    ContractError,
    FindingsRequest,
    FindingsResult,
    MapRequest,
    MapResult,
    Outcome,
    PredictRequest,
    PredictResult,
    Progress,
    TrainRequest,
    TrainResult,
    attempt_prefix,
    cancel_key,
    progress_key,
    request_key,
    result_key,
)
from mlbackend.storage import Storage, StorageError, StorageMissingError
from mlbackend.worker.heartbeat import Heartbeat, Send

MAX_STARTS = 3
"""A process that dies so often in one attempt takes its message with it no more: it fails in words."""
_SUPERSEDED_LOOKAHEAD = 1

Request = TypeVar("Request", TrainRequest, PredictRequest, CellRequest, BenchmarkRequest, FindingsRequest, MapRequest)
Result = TrainResult | PredictResult | CellResult | BenchmarkResult | FindingsResult | MapResult
ResultKind = (
    type[TrainResult]
    | type[PredictResult]
    | type[CellResult]
    | type[BenchmarkResult]
    | type[FindingsResult]
    | type[MapResult]
)
RESULTS: dict[str, ResultKind] = {
    "BenchmarkRequest": BenchmarkResult,
    "CellRequest": CellResult,
    "FindingsRequest": FindingsResult,
    "MapRequest": MapResult,
    "TrainRequest": TrainResult,
    "PredictRequest": PredictResult,
}
_log = logging.getLogger(__name__)


def run_attempt(
    message: dict[str, Any],
    contract: type[Request],
    work: Callable[[Request, Heartbeat], Result],
    *,
    storage: Storage,
    send: Send,
    worker: str,
    stale_seconds: float = 120.0,
) -> Result | None:
    """Run ``work`` on a message unless it has been done, cancelled, superseded, or is being done by another worker.

    The result file is written last, in one step, then TASK_FINISHED is sent. Any error of the work becomes a failed
    result in words, with the traceback in ``error.txt`` beside it; errors of storage itself are raised, and another
    attempt follows when the heartbeat is stale. An orderly shutdown (SystemExit) leaves word that another worker may
    go on. Returns the result, or None where there was nothing to do.
    """
    job_id, attempt = str(message.get("job_id", "")), message.get("attempt")
    if not job_id or not isinstance(attempt, int) or isinstance(attempt, bool):
        _log.error("a message without job_id and attempt is dropped: %.200r", message)
        return None
    if storage.exists(result_key(job_id, attempt)):
        send(TASK_FINISHED, [job_id, attempt])
        return None
    if reason := _not_ours(storage, job_id, attempt, worker, stale_seconds):
        _log.info("job %s attempt %s is passed over: %s", job_id, attempt, reason)
        return None
    kind = RESULTS[contract.__name__]
    try:
        request = contract.from_json(message)
    except ContractError as error:
        return _finish(storage, send, kind(job_id, attempt, Outcome.FAILED, f"the request does not fit: {error}"))
    starts = _count_start(storage, job_id, attempt)
    if starts > MAX_STARTS:
        words = (
            f"the worker process died {MAX_STARTS} times in this attempt, which mostly means that memory ran out; "
            "use a smaller batch_size or image_size, or a machine with more memory"
        )
        return _finish(storage, send, kind(job_id, attempt, Outcome.FAILED, words))
    return _work(request, work, kind, storage, send, worker)


def _not_ours(storage: Storage, job_id: str, attempt: int, worker: str, stale_seconds: float) -> str:
    if storage.exists(cancel_key(job_id)):
        return "the job is cancelled"
    if storage.exists(request_key(job_id, attempt + _SUPERSEDED_LOOKAHEAD)):
        return "a newer attempt exists"
    try:
        other = Progress.from_json(json.loads(storage.read(progress_key(job_id, attempt))))
    except StorageMissingError:
        return ""
    # A sign from the future was given before a clock was set back: it says nothing of now.
    age = abs(time.time() - other.at)
    if other.worker != worker and other.phase != PHASE_INTERRUPTED and age < stale_seconds:
        return f"worker {other.worker} gave sign of life {age:.0f} s ago"
    return ""


def _starts_key(job_id: str, attempt: int) -> str:
    return attempt_prefix(job_id, attempt) + "starts"


def _count_start(storage: Storage, job_id: str, attempt: int) -> int:
    key = _starts_key(job_id, attempt)
    starts = 1 + (int(storage.read(key)) if storage.exists(key) else 0)
    storage.write(key, str(starts).encode())
    return starts


def _forget_start(storage: Storage, job_id: str, attempt: int) -> None:
    try:
        storage.delete(_starts_key(job_id, attempt))
    except StorageError as error:
        _log.warning("job %s: %s", job_id, error)


def _work(
    request: Request,
    work: Callable[[Request, Heartbeat], Result],
    kind: ResultKind,
    storage: Storage,
    send: Send,
    worker: str,
) -> Result:
    started = time.monotonic()
    job_id, attempt = request.job_id, request.attempt
    heartbeat = Heartbeat(storage, send, job_id, attempt, worker)
    _log.info("attempt %s begins: %s", attempt, type(request).__name__)
    heartbeat.start()
    try:
        result = work(request, heartbeat)
    except StorageError as error:
        # The same attempt may be sent again; that storage was away is no death of this process.
        heartbeat.stop(trouble=str(error))
        _forget_start(storage, job_id, attempt)
        raise
    except Exception as error:
        _log.exception("job %s attempt %s failed", job_id, attempt)
        words = f"{type(error).__name__}: {error}{_keep_traceback(storage, job_id, attempt)}"
        result = kind(job_id, attempt, Outcome.FAILED, words, seconds=time.monotonic() - started)
    except BaseException:
        heartbeat.stop(interrupted=True)
        _forget_start(storage, job_id, attempt)
        raise
    heartbeat.stop()
    try:
        return _finish(storage, send, result)
    except StorageError as error:
        heartbeat.stop(trouble=str(error))
        raise


def _keep_traceback(storage: Storage, job_id: str, attempt: int) -> str:
    """Where the traceback of the error lies, in words; a storage that takes none is no reason to say nothing."""
    key = attempt_prefix(job_id, attempt) + "error.txt"
    try:
        storage.write(key, traceback.format_exc().encode())
    except StorageError as error:
        _log.warning("job %s: %s", job_id, error)
        return ""
    return f" (where it happened: {key} in storage)"


def _finish(storage: Storage, send: Send, result: Result) -> Result:
    storage.write(result_key(result.job_id, result.attempt), json.dumps(result.to_json()).encode())
    _log.info("attempt %s ends: %s", result.attempt, result.outcome.value)
    send(TASK_FINISHED, [result.job_id, result.attempt])
    return result
