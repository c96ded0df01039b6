"""One attempt on a worker: done once, failed in words, given up where it is not ours."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlbackend.contracts import (
    PHASE_INTERRUPTED,
    TASK_FINISHED,
    TASK_PROGRESS,
    Outcome,
    PredictRequest,
    PredictResult,
    Progress,
    attempt_prefix,
    cancel_key,
    progress_key,
    request_key,
    result_key,
)
from mlbackend.storage import FolderStorage, StorageError
from mlbackend.worker.attempt import MAX_STARTS, run_attempt
from mlbackend.worker.heartbeat import Heartbeat

MESSAGE = PredictRequest("j1", 1, [], []).to_json()
Work = Callable[[PredictRequest, Heartbeat], PredictResult]


class Bench:
    """A worker without a broker."""

    def __init__(self, folder: Path) -> None:
        self.storage = FolderStorage(folder)
        self.sent: list[tuple[str, list[Any]]] = []
        self.runs = 0

    def work(self, request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        self.runs += 1
        return PredictResult(request.job_id, request.attempt, Outcome.SUCCEEDED, images=7)

    def run(self, work: Work | None = None, message: Any = MESSAGE, worker: str = "me") -> Any:
        return run_attempt(
            message,
            PredictRequest,
            work or self.work,
            storage=self.storage,
            send=lambda name, args: self.sent.append((name, args)),
            worker=worker,
        )

    def result(self) -> PredictResult:
        return PredictResult.from_json(json.loads(self.storage.read(result_key("j1", 1))))

    def progress(self, **fields: Any) -> None:
        progress = Progress("j1", 1, **{"at": time.time(), **fields})
        self.storage.write(progress_key("j1", 1), json.dumps(progress.to_json()).encode())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "jobs")


def test_the_result_file_is_written_and_then_announced(bench: Bench) -> None:
    bench.run()
    assert bench.result().images == 7
    assert bench.sent[-1] == (TASK_FINISHED, ["j1", 1])


def test_a_message_that_comes_twice_is_worked_once_and_announced_again(bench: Bench) -> None:
    bench.run()
    bench.sent.clear()
    assert bench.run() is None
    assert (bench.runs, bench.sent) == (1, [(TASK_FINISHED, ["j1", 1])])


@pytest.mark.parametrize("key", [cancel_key("j1"), request_key("j1", 2)])
def test_a_cancelled_or_superseded_attempt_is_passed_over(bench: Bench, key: str) -> None:
    bench.storage.write(key, b"")
    assert bench.run() is None
    assert bench.runs == 0


@pytest.mark.parametrize(
    ("progress", "runs"),
    [
        ({"worker": "other"}, 0),
        ({"worker": "me"}, 1),
        ({"worker": "other", "phase": PHASE_INTERRUPTED}, 1),
        ({"worker": "other", "at": 1.0}, 1),
        ({"worker": "other", "at": time.time() + 3600}, 1),
    ],
    ids=["another worker is at it", "own child died", "other was shut down", "other is long silent", "clock set back"],
)
def test_an_attempt_is_left_to_another_worker_only_while_that_one_lives(
    bench: Bench, progress: dict[str, Any], runs: int
) -> None:
    bench.progress(**progress)
    bench.run()
    assert bench.runs == runs


def test_an_error_of_the_work_becomes_a_failed_result_in_words_with_its_traceback_beside(bench: Bench) -> None:
    def work(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        raise KeyError("no such layer")

    bench.run(work)
    assert bench.result().outcome == Outcome.FAILED
    assert "no such layer" in bench.result().error
    assert b"Traceback" in bench.storage.read(attempt_prefix("j1", 1) + "error.txt")


def test_a_request_that_does_not_fit_fails_with_the_field(bench: Bench) -> None:
    bench.run(message={**MESSAGE, "threshold": "half"})
    assert "PredictRequest.threshold: expected float" in bench.result().error


def test_a_message_that_names_no_job_is_dropped(bench: Bench) -> None:
    assert bench.run(message={"attempt": 1}) is None
    assert bench.storage.list("") == []


def test_trouble_with_storage_is_left_to_another_attempt(bench: Bench) -> None:
    def work(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        raise StorageError("bucket is away")

    for _ in range(MAX_STARTS + 1):
        with pytest.raises(StorageError):
            bench.run(work)
    assert not bench.storage.exists(result_key("j1", 1))
    assert bench.sent[-1][1][0]["trouble"] == "bucket is away"


def test_an_error_that_meets_a_storage_that_is_away_leaves_no_heartbeat_behind(bench: Bench) -> None:
    def away(key: str, data: bytes) -> None:
        raise StorageError("bucket is away")

    def work(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        bench.storage.write = away  # type: ignore[method-assign]
        raise KeyError("no such layer")

    with pytest.raises(StorageError):
        bench.run(work)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert bench.sent[-1][1][0]["trouble"] == "bucket is away"


def test_a_shutdown_leaves_word_that_another_worker_may_go_on(bench: Bench) -> None:
    def work(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        raise SystemExit

    with pytest.raises(SystemExit):
        bench.run(work)
    left = Progress.from_json(json.loads(bench.storage.read(progress_key("j1", 1))))
    assert left.phase == PHASE_INTERRUPTED
    bench.run(worker="another")
    assert bench.result().outcome == Outcome.SUCCEEDED


def test_an_attempt_that_kills_its_process_again_and_again_fails_in_words(bench: Bench) -> None:
    class Killed(BaseException):
        pass

    def dies(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        # As after kill -9: nothing is tidied up.
        bench.storage.write(attempt_prefix("j1", 1) + "starts.kept", bench.storage.read(starts))
        raise Killed

    starts = attempt_prefix("j1", 1) + "starts"
    for _ in range(MAX_STARTS):
        with pytest.raises(Killed):
            bench.run(dies)
        bench.storage.write(starts, bench.storage.read(starts + ".kept"))
    bench.run()
    assert (bench.runs, bench.result().outcome) == (0, Outcome.FAILED)
    assert f"died {MAX_STARTS} times" in bench.result().error


def test_a_cancel_marker_reaches_the_running_work(bench: Bench) -> None:
    def work(request: PredictRequest, heartbeat: Heartbeat) -> PredictResult:
        bench.storage.write(cancel_key("j1"), b"")
        deadline = time.monotonic() + 10
        while not heartbeat.should_cancel() and time.monotonic() < deadline:
            time.sleep(0.02)
        return PredictResult("j1", 1, Outcome.CANCELLED if heartbeat.should_cancel() else Outcome.SUCCEEDED)

    bench.run(work)
    assert bench.result().outcome == Outcome.CANCELLED


def test_progress_is_sent_at_most_once_a_beat_and_the_newest_wins(bench: Bench) -> None:
    heartbeat = Heartbeat(
        bench.storage,
        lambda name, args: bench.sent.append((name, args)),
        "j1",
        1,
        "me",
        message_seconds=0.05,
        file_seconds=60,
    )
    heartbeat.start()
    for epoch in range(1000):
        heartbeat.on_progress(Progress("j1", 1, at=time.time(), epoch=epoch))
    heartbeat.stop()
    epochs = [args[0]["epoch"] for name, args in bench.sent if name == TASK_PROGRESS]
    assert len(epochs) < 20
    assert epochs[-1] == 999


def test_the_file_beats_while_nothing_is_reported(bench: Bench) -> None:
    heartbeat = Heartbeat(
        bench.storage, lambda name, args: None, "j1", 1, "me", message_seconds=0.01, file_seconds=0.02
    )
    heartbeat.start()
    first = json.loads(bench.storage.read(progress_key("j1", 1)))["at"]
    deadline = time.monotonic() + 10
    latest = first
    while latest == first and time.monotonic() < deadline:
        latest = json.loads(bench.storage.read(progress_key("j1", 1)))["at"]
    heartbeat.stop()
    assert latest > first


def test_a_broker_or_storage_that_is_away_does_not_stop_the_work(bench: Bench) -> None:
    def unreachable(name: str, args: list[Any]) -> None:
        raise ConnectionError

    heartbeat = Heartbeat(bench.storage, unreachable, "j1", 1, "me")
    heartbeat.start()
    heartbeat.stop()
    assert bench.storage.exists(progress_key("j1", 1))
