"""A benchmark on real workers: one is killed in the middle of a cell, and the run ends with its report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from annotation.benchmarks.models import BenchmarkRun, RunState
from annotation.benchmarks.selectors import report_file
from annotation.benchmarks.services import benchmark_start
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.runtime import Processes
from annotation.projects.models import Role
from mlbackend.contracts import BenchmarkWish
from tests.annotation.benchmarks.world import project, version_of
from tests.factories import member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Start = Callable[..., Processes]
SECONDS = 400


def wait_for(done: Callable[[], bool], processes: Processes) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        processes.check()
        if time.monotonic() > deadline:
            tails = "\n".join(f"== {part}\n{processes.log_tail(part)}" for part in processes.parts)
            pytest.fail(f"after {SECONDS} s: {[(job, job.error) for job in Job.objects.all()]}\n{tails}")
        time.sleep(0.2)


def test_a_worker_killed_in_mid_cell_costs_an_epoch_and_the_run_ends_with_its_report(
    start_processes: Start, storage: Any
) -> None:
    version = version_of(15)
    processes = start_processes(env={"JOB_HEARTBEAT_STALE_SECONDS": "12"})
    wish = BenchmarkWish(
        "reduced", networks=["fpn"], tasks=["lung"], folds=[1], epochs=20, image_size=64, negatives=["normal"]
    )
    run = benchmark_start(version=version, wish=wish, actor=member(project(), Role.RESEARCHER))

    def cell() -> Job | None:
        step = BenchmarkRun.objects.get(pk=run.pk).steps.filter(kind="cell").select_related("job").first()
        return step.job if step else None

    wait_for(lambda: (job := cell()) is not None and len(job.progress.get("curve", [])) >= 2, processes)
    processes.kill("gpu")
    processes.start_part("gpu")
    wait_for(lambda: BenchmarkRun.objects.get(pk=run.pk).state != RunState.RUNNING, processes)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FINISHED, "")
    ended = cell()
    assert ended is not None
    assert (ended.status, ended.attempt) == (JobStatus.SUCCEEDED, 2)
    assert [line["network"] for line in run.lines] == ["fpn-resnet18"]
    assert b"fpn-resnet18" in report_file(run, "index.html")
