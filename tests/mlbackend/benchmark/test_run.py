"""The whole grid: in order, interrupted, gone on with, partly failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkError, BenchmarkFolder, local, run_benchmark
from mlbackend.contracts import CellResult, FilmScores, Outcome
from tests.mlbackend.benchmark.conftest import Alone
from tests.mlbackend.benchmark.world import config, read_manifest, write_films, write_manifest


def start(tmp_path: Path, made: BenchmarkConfig, **options: Any) -> list[CellResult]:
    """As the command does, without its report."""
    manifest = tmp_path / "data/manifest.csv"
    if not manifest.exists():
        write_films(tmp_path / "data")
    data = load_dataset(manifest, negatives=["normal"])
    plan = make_plan(made, data)
    folder = BenchmarkFolder.at(tmp_path / "out", data, made)
    folder.keep_plan(plan)
    return run_benchmark(folder, plan, cost=False, say=lambda words: None, **options)


def films(out: Path, result: CellResult) -> FilmScores:
    return FilmScores.from_json(json.loads((out / result.films_key).read_text()))


def comparable(out: Path, results: Sequence[CellResult]) -> list[Any]:
    """Everything but times."""
    return [
        (r.job_id, r.outcome, r.weights_sha256, r.best_epoch, r.validation_dsc, films(out, r).to_json())
        for r in results
    ]


def test_every_cell_of_the_grid_has_a_result_and_infection_is_cut_to_its_folds_lungs(alone: Alone) -> None:
    results = alone.results
    assert [result.job_id for result in results] == [
        "lung.fpn-mobilenet_v2.fold1", "infection.parallel.fpn-mobilenet_v2.fold1",
        "lung.fpn-mobilenet_v2.fold2", "infection.parallel.fpn-mobilenet_v2.fold2",
    ]  # fmt: skip
    assert {result.outcome for result in results} == {Outcome.SUCCEEDED}
    for fold in (1, 2):
        lungs = json.loads((alone.out / f"lungs/fold{fold}.json").read_text())
        assert lungs["network"] == "fpn-mobilenet_v2"
        tested = {film.sample_id for film in films(alone.out, results[2 * fold - 1]).films}
        assert set(lungs["masks"]) == tested
    assert results[0].data_hash != results[2].data_hash


def test_the_cascade_shows_the_lungs_only_and_learns_something_else(tmp_path: Path) -> None:
    results = start(tmp_path, config(schemes=["parallel", "cascaded"]), folds=[1])
    by_id = {result.job_id: result for result in results}
    parallel = by_id["infection.parallel.fpn-mobilenet_v2.fold1"]
    cascaded = by_id["infection.cascaded.fpn-mobilenet_v2.fold1"]
    assert cascaded.outcome == Outcome.SUCCEEDED
    assert cascaded.weights_sha256 != parallel.weights_sha256
    assert cascaded.data_hash != parallel.data_hash


def test_stopped_in_the_middle_of_a_cell_it_goes_on_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: Alone
) -> None:
    whole = comparable(alone.out, alone.results)
    real = local.run_cell

    def dies_in_the_second_cell(request: Any, *args: Any, **kwargs: Any) -> CellResult:
        if request.task == "infection":

            def after_an_epoch(progress: Any) -> None:
                if progress.curve:
                    raise KeyboardInterrupt

            kwargs["on_progress"] = after_an_epoch
        return real(request, *args, **kwargs)

    monkeypatch.setattr(local, "run_cell", dies_in_the_second_cell)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, config())
    assert list((tmp_path / "out/jobs/infection.parallel.fpn-mobilenet_v2.fold1").rglob("checkpoint.ckpt"))
    asked = []

    def counting(request: Any, *args: Any, **kwargs: Any) -> CellResult:
        asked.append(request.job_id)
        return real(request, *args, **kwargs)

    monkeypatch.setattr(local, "run_cell", counting)
    assert comparable(tmp_path / "out", start(tmp_path, config())) == whole
    assert asked[0] == "infection.parallel.fpn-mobilenet_v2.fold1", "the first cell was done"


def test_a_failed_cell_is_told_and_tried_again_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = local.run_cell

    def fails(request: Any, *args: Any, **kwargs: Any) -> CellResult:
        result = real(request, *args, **kwargs)
        return replace(result, outcome=Outcome.FAILED, error="a bad day") if request.fold == 1 else result

    monkeypatch.setattr(local, "run_cell", fails)
    results = start(tmp_path, config(tasks=["lung"]))
    assert [(result.outcome, result.error) for result in results] == [
        (Outcome.FAILED, "a bad day"),
        (Outcome.SUCCEEDED, ""),
    ]
    monkeypatch.setattr(local, "run_cell", real)
    assert {result.outcome for result in start(tmp_path, config(tasks=["lung"]))} == {Outcome.SUCCEEDED}


def test_other_settings_or_data_in_the_same_folder_are_refused_by_name(tmp_path: Path) -> None:
    start(tmp_path, config(tasks=["lung"]), folds=[1])
    longer = replace(config().training, epochs=3)
    with pytest.raises(BenchmarkError, match=r"training\.epochs \(2, now 3\)"):
        start(tmp_path, config(training=longer))
    rows = read_manifest(tmp_path / "data/manifest.csv")
    write_manifest(tmp_path / "data", rows[:-2])
    with pytest.raises(BenchmarkError, match="dataset"):
        start(tmp_path, config())


def test_more_networks_and_tasks_may_join_a_benchmark_that_was_begun(tmp_path: Path) -> None:
    first = start(tmp_path, config(tasks=["lung"]), folds=[1])
    second = start(tmp_path, config(), folds=[1])
    assert second[0] == first[0]
    assert second[1].task == "infection"


def test_without_lungs_as_a_task_infection_is_cut_to_the_datasets_own_and_says_so(tmp_path: Path) -> None:
    (result,) = start(tmp_path, config(tasks=["infection"]), folds=[1])
    assert result.outcome == Outcome.SUCCEEDED, result.error
    assert "dataset's own lungs" in result.notes[0]


def test_without_any_lungs_infection_is_not_cut_and_says_so(tmp_path: Path) -> None:
    rows = read_manifest(write_films(tmp_path / "data"))
    write_manifest(tmp_path / "data", [{**row, "mask_lung": ""} for row in rows])
    (result,) = start(tmp_path, config(tasks=["infection"]), folds=[1])
    assert "not cut" in result.notes[0]
    assert films(tmp_path / "out", result).films[0].predicted_shares.both is None
