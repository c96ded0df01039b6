"""A benchmark in steps: what the platform's workers do, one job each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.config import load_benchmark
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark
from mlbackend.benchmark.run.steps import run_step, steps_of
from mlbackend.contracts import (
    BENCHMARK_CONFIGS,
    BenchmarkRequest,
    BenchmarkResult,
    BenchmarkStep,
    BenchmarkWish,
    Outcome,
    Progress,
)
from mlbackend.storage import FolderStorage
from tests.mlbackend.benchmark.documents import document_of
from tests.mlbackend.benchmark.world import config, read_manifest, write_films

PREFIX = "benchmarks/one/"
PLAN = BenchmarkStep("plan", "plan")


class Platform:
    """Films under keys of a storage, as the platform has them; does the steps in the order that they ask for."""

    def __init__(self, root: Path, **changes: Any) -> None:
        self.manifest = write_films(root / "data")
        self.storage = FolderStorage(root / "storage")
        yaml = root / "small.yaml"
        yaml.write_text(json.dumps(replace(config(), schemes=["parallel", "cascaded"]).to_json()))
        self.wish = replace(BenchmarkWish(str(yaml), negatives=["normal"]), **changes)
        rows = read_manifest(self.manifest)
        for number, row in enumerate(rows):
            row["film_id"] = row["image"]
            for column, key in (("image", f"images/{number}/rendition"), ("mask_lung", f"masks/{number}/lung"),
                                ("mask_infection", f"masks/{number}/infection")):  # fmt: skip
                if row[column]:
                    self.storage.write(key, (self.manifest.parent / row[column]).read_bytes())
                    row[column] = key
            row["split_group"] = row["patient_id"]
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        self.storage.write(PREFIX + "manifest.csv", text.getvalue().encode())
        self.done: dict[str, BenchmarkResult] = {}
        self.progress: list[Progress] = []

    def step(
        self, step: BenchmarkStep, attempt: int = 1, should_cancel: Callable[[], bool] = lambda: False
    ) -> BenchmarkResult:
        request = BenchmarkRequest(f"job-{step.key}", attempt, PREFIX, step, self.wish, "chest-v1")
        return run_step(
            BenchmarkRequest.from_json(json.loads(json.dumps(request.to_json()))), self.storage,
            on_progress=self.progress.append, should_cancel=should_cancel, worker="w",
        )  # fmt: skip

    def run(self) -> BenchmarkResult:
        planned = self.step(PLAN)
        assert planned.outcome == Outcome.SUCCEEDED, planned.error
        for step in planned.steps:
            assert set(step.after) <= set(self.done), f"{step.key} is named before what it needs"
            self.done[step.key] = self.step(step)
        return self.done["report"]

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.storage.read(PREFIX + "report/report.json")))


def test_a_run_in_steps_gives_the_figures_of_one_process(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    last = platform.run()
    assert all(result.outcome == Outcome.SUCCEEDED for result in platform.done.values())
    data = load_dataset(platform.manifest, negatives=["normal"])
    made = replace(config(), schemes=["parallel", "cascaded"])
    folder = BenchmarkFolder.at(tmp_path / "alone", data, made)
    plan = make_plan(made, data)
    folder.keep_plan(plan)
    run_benchmark(folder, plan, cost=False, say=lambda words: None)
    alone = document_of(tmp_path / "alone")
    ours = platform.report()
    figures = [[{**row, "from": None} for row in report["segmentation"]] for report in (ours, alone)]
    assert figures[0] == figures[1]
    assert [(line.task, line.dsc) for line in last.lines] == [
        (row["task"], row["dsc"]["value"]) for row in alone["segmentation"]
    ]
    assert last.cautions == ours["cautions"]
    assert last.cautions
    assert ours["data"]["name"] == "chest-v1"
    page = platform.storage.read(PREFIX + "report/index.html").decode()
    assert "http" not in page.replace("http://www.w3.org", ""), "the page needs no network"


def test_progress_carries_the_jobs_own_name(tmp_path: Path) -> None:
    platform = Platform(tmp_path, tasks=["lung"], folds=[1], schemes=["parallel"])
    planned = platform.step(PLAN)
    platform.step(planned.steps[0], attempt=3)
    assert {(one.job_id, one.attempt) for one in platform.progress} == {(f"job-{planned.steps[0].key}", 3)}
    assert platform.progress[-1].worker == "w"


def test_a_step_done_twice_does_its_work_once(tmp_path: Path) -> None:
    platform = Platform(tmp_path, tasks=["lung"], folds=[1], schemes=["parallel"])
    cell = platform.step(PLAN).steps[0]
    first = platform.step(cell)
    kept = sorted(platform.storage.list(PREFIX))
    told = len(platform.progress)
    again = platform.step(cell, attempt=2)
    assert again.validation_dsc == first.validation_dsc
    assert (sorted(platform.storage.list(PREFIX)), len(platform.progress)) == (kept, told)


def test_a_cancelled_cell_leaves_no_result_and_goes_on_where_it_was(tmp_path: Path) -> None:
    platform = Platform(tmp_path, tasks=["lung"], folds=[1], schemes=["parallel"])
    cell = platform.step(PLAN).steps[0]
    stop = platform.step(cell, should_cancel=lambda: any(one.done == 1 for one in platform.progress))
    assert stop.outcome == Outcome.CANCELLED
    assert not platform.storage.exists(f"{PREFIX}cells/{cell.key}/result.json")
    ended = platform.step(cell, attempt=2)
    alone = Platform(tmp_path / "alone", tasks=["lung"], folds=[1], schemes=["parallel"])
    assert ended.validation_dsc == alone.step(alone.step(PLAN).steps[0]).validation_dsc


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config": "vnet"}, "vnet"),
        ({"networks": ["vnet"]}, "networks: 'vnet' is not in the grid; use some of"),
        ({"negatives": ["healthy"]}, "no row has this label; use one of 'covid', 'normal'"),
        ({"image_size": 33}, "image_size"),
        ({"folds": [9]}, "fold: 9"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_fails_in_words(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    planned = Platform(tmp_path, **changes).step(PLAN)
    assert planned.outcome == Outcome.FAILED
    assert words in planned.error


def test_a_step_of_a_run_without_a_plan_says_so(tmp_path: Path) -> None:
    result = Platform(tmp_path).step(BenchmarkStep("report", "report"))
    assert result.outcome == Outcome.FAILED
    assert "plan it first" in result.error


def test_infection_comes_after_the_lungs_of_its_fold_and_the_report_after_all(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    steps = {step.key: step for step in platform.step(PLAN).steps}
    assert steps["lungs.fold1"].after == ["lung.fpn-mobilenet_v2.fold1"]
    assert steps["infection.cascaded.fpn-mobilenet_v2.fold1"].after == ["lungs.fold1"]
    assert set(steps["report"].after) == set(steps) - {"report"}


def test_a_fold_that_cannot_be_run_is_reported_and_never_a_step(tmp_path: Path) -> None:
    made, data = config(), load_dataset(write_films(tmp_path), negatives=["normal"])
    plan = make_plan(made, data)
    broken = replace(plan, problems={"infection": ["fold 2 has no film with infection in train"]})
    assert {step.fold for step in steps_of(made, broken) if step.task == "infection"} == {1}


def test_the_platform_knows_every_benchmark_that_comes_with_the_project() -> None:
    from mlbackend.benchmark.config import benchmark_names

    assert sorted(BENCHMARK_CONFIGS) == benchmark_names()
    assert all(load_benchmark(name).name == name for name in BENCHMARK_CONFIGS)
