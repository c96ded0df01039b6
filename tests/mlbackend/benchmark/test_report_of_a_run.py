"""The report of a grid that was really trained: what the grid writes is what the report reads."""

from __future__ import annotations

import json
from pathlib import Path

from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark
from tests.mlbackend.benchmark.world import config, write_films


def test_a_small_grid_is_reported_with_its_films_costs_and_lungs(tmp_path: Path) -> None:
    data = load_dataset(write_films(tmp_path / "data"), negatives=["normal"])
    made = config()
    plan = make_plan(made, data)
    folder = BenchmarkFolder.at(tmp_path / "out", data, made)
    folder.keep_plan(plan)
    results = run_benchmark(folder, plan, say=lambda words: None)
    page = tmp_path / "out" / folder.report()
    report = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))
    tested = {film_id for fold in plan.folds for film_id in fold.test}
    assert {cell["cell"] for cell in report["cells"]} == {result.job_id for result in results}
    assert {cell["state"] for cell in report["cells"]} == {"succeeded"}
    assert all(row["films"] == len(tested) for row in report["segmentation"])
    assert [row["measured"] for row in report["cost"]] == [True]
    assert all(row["films_with_share"] for row in report["quantification"] if row["lungs"] == "both")
    assert report["data"]["hash"] == data.data_hash
    text = page.read_text(encoding="utf-8")
    for task in ("Lung", "Infection, parallel scheme"):
        assert f"{task}, fpn-mobilenet_v2: worst" in text
