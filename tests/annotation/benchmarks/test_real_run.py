"""A run whose steps a real worker does: small films, one epoch, real networks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotation.benchmarks.models import RunState
from annotation.benchmarks.selectors import report_file
from annotation.benchmarks.services import benchmark_start
from annotation.common.blobs import blobs
from annotation.exports.models import DatasetItem
from annotation.projects.models import Role
from mlbackend.contracts import BenchmarkRequest, BenchmarkResult, BenchmarkWish
from tests.annotation.benchmarks.world import project, version_of, work_all
from tests.factories import member

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def real(request: BenchmarkRequest) -> BenchmarkResult:
    from mlbackend.benchmark.run.steps import run_step

    return run_step(request, blobs(), on_progress=lambda progress: None, should_cancel=lambda: False, worker="w")


def test_the_platforms_films_become_a_report_with_the_versions_own_test_set() -> None:
    version = version_of(20)
    wish = BenchmarkWish("reduced", networks=["fpn"], folds=[1], epochs=1, image_size=32, negatives=["normal"])
    run = benchmark_start(version=version, wish=wish, actor=member(project(), Role.RESEARCHER))
    work_all(real)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FINISHED, "")
    tested = DatasetItem.objects.filter(version=version, target="lung", split="test").count()
    rows: dict[str, Any] = {line["task"]: line for line in run.lines}
    assert rows["lung"]["films"] == rows["infection"]["films"] == tested == 4
    assert 0 <= rows["lung"]["dsc_low"] <= rows["lung"]["dsc"] <= rows["lung"]["dsc_high"] <= 1
    report = json.loads(blobs().read(run.prefix + "report/report.json"))
    assert report["data"]["name"] == "chest-v1"
    assert report["data"]["test_from"] == "given"
    assert b"changed for this run: epochs 1, image_size 32" in report_file(run, "index.html")
