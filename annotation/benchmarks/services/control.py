"""Stop a run, and go on with it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun, RunState
from annotation.benchmarks.services.follow import run_advance, run_lock, run_reopen
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict
from annotation.exports.selectors import check_whole
from annotation.jobs.models import JobStatus
from annotation.jobs.services import ENDED, job_cancel, job_retry
from annotation.projects.guards import require_in_use, require_research
from mlbackend.contracts import STEP_REPORT

WITHDRAWN = "a patient on its films was withdrawn"


@transaction.atomic
def benchmark_cancel(*, run: BenchmarkRun, actor: User) -> BenchmarkRun:
    """Stop a run; what its networks have learnt is kept. Raises NotAllowed, Conflict where it has ended."""
    require_research(actor, run.project)
    locked = run_lock(run.pk)
    if locked.state != RunState.RUNNING:
        raise Conflict(
            f"benchmark {locked.number} is {locked.state}; only a running one is cancelled",
            code="invalid_transition", field="state", value=locked.state,
        )  # fmt: skip
    _stop(locked, actor, "the benchmark was cancelled")
    audit_record("benchmark.cancel", locked, actor=actor, project_id=locked.project_id, number=locked.number)
    return locked


@transaction.atomic
def benchmark_withdraw(*, run: BenchmarkRun, actor: User | None) -> None:
    """Stop a run on a version whose films were withdrawn, for good. Called again, it changes nothing."""
    locked = run_lock(run.pk)
    if locked.state == RunState.RUNNING:
        _stop(locked, actor, WITHDRAWN)
        audit_record("benchmark.withdraw", locked, actor=actor, project_id=locked.project_id, number=locked.number)


def _stop(run: BenchmarkRun, actor: User | None, why: str) -> None:
    # The run first: what follows its jobs must find it stopped.
    run.state, run.finished_at = RunState.CANCELLED, timezone.now()
    run.save(update_fields=["state", "finished_at"])
    for step in run.steps.exclude(job=None).exclude(job__status__in=ENDED).select_related("job"):
        assert step.job is not None
        job_cancel(step.job.pk, actor=actor, reason=why)


@transaction.atomic
def benchmark_retry(*, run: BenchmarkRun, actor: User) -> BenchmarkRun:
    """Go on with a run that was cancelled, that failed, or some of whose cells failed: from their last checkpoints.

    Raises NotAllowed; Conflict where it runs, or where nothing of it failed.
    """
    require_research(actor, run.project)
    require_in_use(run.project)
    check_whole(run.version)
    locked = run_lock(run.pk)
    steps = locked.steps.select_related("job")
    broken = list(steps.filter(job__status__in=[JobStatus.FAILED, JobStatus.CANCELLED]))
    if locked.state == RunState.RUNNING or not (broken or locked.state == RunState.CANCELLED):
        raise Conflict(
            f"benchmark {locked.number} is {locked.state}, and there is nothing to try again",
            code="invalid_transition", field="state", value=locked.state,
        )  # fmt: skip
    for step in broken:
        if step.kind != STEP_REPORT:
            assert step.job is not None
            job_retry(step.job.pk, actor=actor)
    # It waits for the others again.
    locked.steps.filter(kind=STEP_REPORT).update(job=None)
    run_reopen(locked)
    audit_record(
        "benchmark.retry", locked, actor=actor, project_id=locked.project_id, number=locked.number,
        steps=[step.key for step in broken],
    )  # fmt: skip
    run_advance(locked.pk)
    return locked
