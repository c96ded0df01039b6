"""Several networks at once: the same numbers, no network begun anew after a kill, as many as serve."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark, run_together
from mlbackend.benchmark.run.at_once import Trial, choose, threads_of, try_out
from mlbackend.contracts import CellResult, NetworkSpec, Outcome, TrainingSettings
from tests.mlbackend.benchmark.world import config, write_films

NETWORK = NetworkSpec("fpn", "mobilenet_v2")
GIB = 2**30


def folder(tmp_path: Path, out: str, **changes: Any) -> tuple[BenchmarkFolder, Any]:
    manifest = tmp_path / "data/manifest.csv"
    if not manifest.exists():
        write_films(tmp_path / "data")
    data = load_dataset(manifest, negatives=["normal"])
    made = config(**changes)
    plan = make_plan(made, data)
    place = BenchmarkFolder.at(tmp_path / out, data, made)
    place.keep_plan(plan)
    return place, plan


def numbers(results: list[CellResult]) -> list[Any]:
    """Weights, scores and curves."""
    return [
        (
            r.job_id, r.outcome, r.error, r.weights_sha256, r.best_epoch, r.validation_dsc,
            [(e.train_loss, e.validation_loss, e.validation_dsc, e.learning_rate) for e in r.epochs],
        )
        for r in results
    ]  # fmt: skip


@pytest.mark.slow
def test_networks_trained_at_once_have_bit_for_bit_the_numbers_that_they_have_alone(tmp_path: Path) -> None:
    place, plan = folder(tmp_path, "together")
    said: list[str] = []
    together = run_together(place, plan, at_once=2, cost=False, say=said.append)
    place, plan = folder(tmp_path, "alone")
    alone = run_benchmark(place, plan, cost=False, say=lambda words: None)
    assert numbers(together) == numbers(alone)
    assert {result.outcome for result in together} == {Outcome.SUCCEEDED}
    ended = [words for words in said if "trained in" in words]
    assert len(ended) == 4, "each cell is told"


def _descendants(number: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == number:
            child = int(path.parent.name)
            found += [child, *_descendants(child)]
    return found


def _until(what: Any, seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux for its processes")
@pytest.mark.slow
def test_killed_in_the_middle_it_ends_all_processes_and_goes_on_from_the_last_epoch(tmp_path: Path) -> None:
    place, plan = folder(tmp_path, "whole", tasks=["lung"])
    whole = run_benchmark(place, plan, cost=False, say=lambda words: None)
    words = f"""
from pathlib import Path
import tests.mlbackend.benchmark.test_at_once as t
place, plan = t.folder(Path({str(tmp_path)!r}), "killed", tasks=["lung"])
if __name__ == "__main__":
    t.run_together(place, plan, at_once=2, cost=False)
"""
    script = tmp_path / "run.py"
    script.write_text(words)
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, str(script)], cwd=root, env=environment) as process:
        try:
            jobs = tmp_path / "killed/jobs"
            _until(lambda: process.poll() is not None or len(list(jobs.rglob("checkpoint.ckpt"))) == 2)
            children = _descendants(process.pid)
        finally:
            process.send_signal(signal.SIGKILL)
    _until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    place, plan = folder(tmp_path, "killed", tasks=["lung"])
    said: list[str] = []
    again = run_together(place, plan, at_once=2, cost=False, say=said.append)
    assert numbers(again) == numbers(whole)
    assert not [words for words in said if "no sign of life" in words], "nobody waits for the heartbeat of the dead"
    starts = [path.read_text() for path in (tmp_path / "killed/jobs").rglob("starts")]
    assert set(starts) <= {"1"}, "a kill of all is no fault of a cell"


def trials(rates: dict[int, float], each: int = GIB) -> Any:
    return lambda count: Trial(count, threads_of(count, 0), rates[count], each)


def test_as_many_are_chosen_as_make_it_quicker() -> None:
    settings = TrainingSettings(image_size=256)
    rates = {1: 10.0, 2: 19.0, 4: 30.0, 8: 31.0}
    chosen = choose(NETWORK, settings, 1000, 100 * GIB, 16, trials(rates))
    assert chosen.count == 4
    assert chosen.why == "fpn-mobilenet_v2: 8 together were not 1.1 times as quick as 4"
    assert [trial.count for trial in chosen.trials] == [1, 2, 4, 8]
    assert choose(NETWORK, settings, 1000, 100 * GIB, 2, trials(rates)).count == 2


def test_no_more_are_chosen_than_memory_holds_with_their_films() -> None:
    settings = TrainingSettings(image_size=256)
    rates = {1: 10.0, 2: 20.0, 4: 40.0, 8: 80.0}
    chosen = choose(NETWORK, settings, 8192, 10 * GIB, 16, trials(rates))
    # A process takes 1 GiB, and 1 GiB for 8,192 films with masks.
    assert chosen.count == 4
    assert chosen.why == "fpn-mobilenet_v2: 8 would need 16.0 of 10.0 GiB free"


def test_where_more_find_no_room_fewer_are_taken() -> None:
    chosen = choose(NETWORK, TrainingSettings(), 10, 100 * GIB, 16, trials({1: 10.0, 2: 0.0}))
    assert chosen.count == 1
    assert choose(NETWORK, TrainingSettings(), 10, 100 * GIB, 2, trials({1: 0.0, 2: 0.0})).count == 1


@pytest.mark.slow
def test_networks_are_measured_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainingSettings(image_size=32, batch_size=2, threads=1)
    found = try_out(NETWORK, settings, "fp32", 2)
    assert (found.count, found.threads) == (2, 1)
    assert found.images_per_second > 0
    assert found.bytes_each > 100 * 2**20


def test_what_was_measured_is_kept_for_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlbackend.benchmark.run import together

    monkeypatch.setattr(together, "try_out", lambda *given: Trial(given[-1], 1, 10.0, GIB))
    place, _ = folder(tmp_path, "out")
    said: list[str] = []
    first = together.how_many(place, None, said.append)
    assert len(said) == 1
    assert json.loads((tmp_path / "out/at_once.json").read_text())["count"] == first.count
    assert together.how_many(place, None, said.append) == first
    assert len(said) == 1
    assert together.how_many(place, 3, said.append).count == 3
