"""A run's steps, one after the other or side by side: what may start is started, as many as there are workers."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.benchmarks.models import BenchmarkRun, BenchmarkStep, RunState
from annotation.jobs.line import SILENT_AFTER
from annotation.jobs.models import Job, JobKind, JobStatus, Worker
from annotation.jobs.services import ENDED, job_create
from mlbackend.contracts import (
    QUEUE_TRAIN,
    STEP_PLAN,
    STEP_REPORT,
    BenchmarkRequest,
    BenchmarkResult,
    BenchmarkWish,
)
from mlbackend.contracts import BenchmarkStep as StepContract

HANDLER = "benchmarks"
_log = logging.getLogger(__name__)


def run_lock(run_id: UUID | str) -> BenchmarkRun:
    """The run's row, locked until the end of the caller's transaction."""
    return BenchmarkRun.objects.select_for_update(no_key=True).select_related(None).get(pk=run_id)


def step_ended(job: Job) -> None:
    """Note what a step brought, and start what it was waited for.

    Precondition: inside the transaction that marks the job as handled.
    """
    run = run_lock(job.context["run"])
    step = run.steps.filter(job=job).first()
    if step is None or run.state == RunState.CANCELLED:
        return
    if step.kind == STEP_PLAN:
        _planned(run, job)
    elif step.kind == STEP_REPORT:
        _reported(run, job)
    else:
        _outdate_report(run, job)
    run_advance(run.pk)


def _planned(run: BenchmarkRun, job: Job) -> None:
    if job.status != JobStatus.SUCCEEDED:
        _end(run, RunState.FAILED, error=job.error)
        return
    result = BenchmarkResult.from_json(job.result)
    if run.steps.count() > 1:
        return
    BenchmarkStep.objects.bulk_create(
        BenchmarkStep(
            run=run, index=index, key=one.key, kind=one.kind, after=one.after, task=one.task, scheme=one.scheme,
            network=one.network, fold=one.fold, label_set=one.label_set,
        )
        for index, one in enumerate(result.steps, start=1)
    )  # fmt: skip


def _reported(run: BenchmarkRun, job: Job) -> None:
    if job.status != JobStatus.SUCCEEDED:
        _end(run, RunState.FAILED, error=job.error)
        return
    result = BenchmarkResult.from_json(job.result)
    run.lines = [line.to_json() for line in result.lines]
    run.cautions = result.cautions
    _end(run, RunState.FINISHED)


def _outdate_report(run: BenchmarkRun, job: Job) -> None:
    """A step that was tried again after the report changes it."""
    report = run.steps.filter(kind=STEP_REPORT).select_related("job").first()
    if job.status == JobStatus.SUCCEEDED and report is not None and report.job is not None:
        # One that is being written goes unheard: another follows.
        report.job = None
        report.save(update_fields=["job"])
        run_reopen(run)


def run_reopen(run: BenchmarkRun) -> None:
    """The run goes on."""
    run.state, run.error, run.finished_at = RunState.RUNNING, "", None
    run.save(update_fields=["state", "error", "finished_at"])


def _end(run: BenchmarkRun, state: RunState, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error, timezone.now()
    run.save(update_fields=["state", "error", "finished_at", "lines", "cautions"])


@transaction.atomic
def run_advance(run_id: UUID | str) -> int:
    """Start what is ready, as many steps at once as workers live; returns how many were started.

    Other projects' jobs come in between that way: a grid of hundreds of trainings never stands in the queue at once.
    Does nothing for a run that has ended. May run at any time, beside itself too.
    """
    run = run_lock(run_id)
    if run.state != RunState.RUNNING:
        return 0
    steps = list(run.steps.select_related("job").order_by("index"))
    ended = {step.key for step in steps if step.job is not None and step.job.status in ENDED}
    going = sum(step.job is not None and step.job.status not in ENDED for step in steps)
    ready = [step for step in steps if step.job is None and set(step.after) <= ended]
    started = ready[: max(0, live_workers() - going)]
    for step in started:
        step.job = job_create(
            kind=JobKind.BENCHMARK, handler=HANDLER, request=_request(run, step), project_id=run.project_id,
            context={"run": str(run.pk), "step": step.key},
        )  # fmt: skip
        step.save(update_fields=["job"])
    return len(started)


def live_workers(within: timedelta = SILENT_AFTER) -> int:
    """Workers that take such jobs and have given a sign of late; 1 where none has, so that one step waits for it."""
    seen = Worker.objects.filter(seen_at__gt=timezone.now() - within).values_list("queues", flat=True)
    return max(1, sum(QUEUE_TRAIN in queues for queues in seen))


def _request(run: BenchmarkRun, step: BenchmarkStep) -> dict[str, object]:
    contract = StepContract(
        step.key, step.kind, step.after, step.task, step.scheme, step.network, step.fold, step.label_set
    )
    wish = BenchmarkWish.from_json(run.wish)
    name = f"{run.project.slug}-v{run.version.number}"
    return BenchmarkRequest("", 0, run.prefix, contract, wish, name).to_json()


def runs_advance() -> None:
    """Sweeper: start what new workers can take, and what a lost message left waiting."""
    for run_id in BenchmarkRun.objects.filter(state=RunState.RUNNING).values_list("pk", flat=True):
        run_advance(run_id)
