"""The grid by messages: lost ones, failed attempts, stops."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark import cell as cell_module
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, QueueRun
from mlbackend.contracts import CellResult, Outcome, TrainResult
from mlbackend.worker import tasks
from tests.mlbackend.benchmark.conftest import Alone
from tests.mlbackend.benchmark.world import config, write_films


def folder(tmp_path: Path, out: str = "out") -> tuple[BenchmarkFolder, Any]:
    manifest = tmp_path / "data/manifest.csv"
    if not manifest.exists():
        write_films(tmp_path / "data")
    data = load_dataset(manifest, negatives=["normal"])
    plan = make_plan(config(), data)
    made = BenchmarkFolder.at(tmp_path / out, data, config())
    made.keep_plan(plan)
    return made, plan


class Worker:
    """Does at once what a message asks for, but for the messages that are lost."""

    def __init__(self, lost: int = 0) -> None:
        self.lost = lost
        self.messages: list[dict[str, Any]] = []

    def __call__(self, message: dict[str, Any]) -> None:
        self.messages.append(json.loads(json.dumps(message)))
        if len(self.messages) > self.lost:
            tasks.benchmark(message)


def run(tmp_path: Path, worker: Worker, **options: Any) -> list[CellResult]:
    made, plan = folder(tmp_path)
    queue = QueueRun(made, plan, worker, lambda words: None, poll_seconds=0.01, send_again_seconds=0.05)
    return queue.run(cost=False, **options)


def comparable(results: Iterable[CellResult]) -> list[Any]:
    return [(r.job_id, r.outcome, r.weights_sha256, r.validation_dsc) for r in results]


def test_workers_give_the_same_results_as_one_process(tmp_path: Path, alone: Alone) -> None:
    worker = Worker()
    results = run(tmp_path, worker)
    assert comparable(results) == comparable(alone.results)
    assert [message["job_id"] for message in worker.messages][:2] == [
        "lung.fpn-mobilenet_v2.fold1", "lung.fpn-mobilenet_v2.fold2",
    ], "infection waits for its fold's lungs"  # fmt: skip
    assert len(worker.messages) == 4


def test_a_message_that_is_lost_is_sent_again(tmp_path: Path) -> None:
    worker = Worker(lost=2)
    results = run(tmp_path, worker, folds=[1])
    assert {result.outcome for result in results} == {Outcome.SUCCEEDED}
    assert len(worker.messages) == 4


def test_what_workers_did_while_the_command_was_stopped_is_taken_up(tmp_path: Path) -> None:
    def stopped(message: dict[str, Any]) -> None:
        tasks.benchmark(message)
        raise KeyboardInterrupt

    made, plan = folder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        QueueRun(made, plan, stopped, lambda words: None).run([1], cost=False)
    worker = Worker()
    results = run(tmp_path, worker, folds=[1])
    assert {result.outcome for result in results} == {Outcome.SUCCEEDED}
    assert [message["job_id"] for message in worker.messages] == ["infection.parallel.fpn-mobilenet_v2.fold1"]


def test_a_failed_cell_is_a_result_with_words_and_a_new_attempt_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(wanted: Any, *args: Any, **kwargs: Any) -> TrainResult:
        return TrainResult(wanted.job_id, wanted.attempt, Outcome.FAILED, "a bad day")

    with monkeypatch.context() as bad:
        bad.setattr(cell_module, "train", fails)
        results = run(tmp_path, Worker(), folds=[1])
    assert {result.error for result in results} == {"a bad day"}
    worker = Worker()
    again = run(tmp_path, worker, folds=[1])
    assert {result.outcome for result in again} == {Outcome.SUCCEEDED}
    assert {message["attempt"] for message in worker.messages} == {2}


def test_a_worker_that_breaks_over_a_cell_leaves_a_named_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: Any, **kwargs: Any) -> TrainResult:
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr(cell_module, "train", breaks)
    results = run(tmp_path, Worker(), folds=[1])
    assert all("the driver is gone" in result.error for result in results)
    assert [(result.task, result.network.name) for result in results] == [
        ("lung", "fpn-mobilenet_v2"),
        ("infection", "fpn-mobilenet_v2"),
    ]
    made, _ = folder(tmp_path)
    kept = made.result(results[0].job_id)
    assert kept is not None
    assert replace(kept, error="") == replace(results[0], error="")
