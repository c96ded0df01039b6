"""Reading benchmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun, BenchmarkStep
from annotation.common.blobs import blobs
from annotation.common.errors import Missing
from annotation.exports.models import DatasetVersion
from annotation.exports.selectors import check_whole, dataset_researched, withdrawn_films
from annotation.jobs.line import Line
from annotation.jobs.models import JobStatus
from annotation.jobs.services import ENDED
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.permissions import can_research
from annotation.projects.selectors import project_get
from annotation.rounds.selectors import job_summary
from mlbackend.contracts import REPORT_PAGE, REPORT_PREFIX
from mlbackend.storage import StorageKeyError, StorageMissingError

WAITING = "waiting"
"""State of a step that has no job yet; all others are those of its job."""


def benchmark_get(*, user: User, slug: str, number: int) -> BenchmarkRun:
    """A run, if the user may research every project that its version joins; raises Missing, NotAllowed."""
    run = _runs().filter(project__slug=slug, number=number).first()
    if run is None:
        # Whoever may not see the project learns no more than that.
        require_research(user, project_get(user=user, slug=slug))
        raise Missing(f"{slug} has no benchmark {number}", field="number", value=number)
    dataset_researched(user=user, slug=slug, number=run.version.number)
    return run


def benchmarks_of(*, user: User, project: Project) -> QuerySet[BenchmarkRun]:
    """Runs of a project on versions of which the user may research every part, newest first."""
    seen = [version.pk for version in DatasetVersion.objects.filter(project=project) if _whole(user, version)]
    runs = _runs().filter(project=project, version__in=seen)
    return runs.prefetch_related("steps__job").order_by("-number")


def _whole(user: User, version: DatasetVersion) -> bool:
    joined = Project.objects.filter(slug__in=[head["slug"] for head in version.projects])
    return all(can_research(user, project) for project in joined)


def _runs() -> QuerySet[BenchmarkRun]:
    return BenchmarkRun.objects.select_related("project", "version", "created_by")


def _state(step: BenchmarkStep) -> str:
    return step.job.status if step.job is not None else WAITING


def benchmark_summary(run: BenchmarkRun) -> dict[str, Any]:
    """A run in a list."""
    states = Counter(_state(step) for step in run.steps.all())
    return {
        "number": run.number,
        "version": run.version.number,
        "wish": run.wish,
        "state": run.state,
        "error": run.error,
        "created_by": run.created_by.username if run.created_by else None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "steps_total": sum(states.values()),
        "steps_done": sum(count for state, count in states.items() if state in ENDED),
        "steps_failed": states[JobStatus.FAILED],
        "lines": run.lines,
        "cautions": run.cautions,
        "has_report": bool(run.lines) and not withdrawn_films(run.version),
        "withdrawn_films": withdrawn_films(run.version),
    }


def benchmark_detail(run: BenchmarkRun) -> dict[str, Any]:
    """A run with its steps; jobs that run or wait with their progress, ended ones with their words."""
    line = Line()
    steps = run.steps.select_related("job").order_by("index")
    return {**benchmark_summary(run), "steps": [_step(step, line) for step in steps]}


def _step(step: BenchmarkStep, line: Line) -> dict[str, Any]:
    job = step.job
    live = job is not None and job.status not in ENDED
    return {
        "key": step.key,
        "kind": step.kind,
        "task": step.task,
        "scheme": step.scheme,
        "network": step.network,
        "fold": step.fold,
        "label_set": step.label_set,
        "state": _state(step),
        "error": job.error if job is not None else "",
        "notes": job.result.get("notes", []) if job is not None else [],
        "validation_dsc": job.result.get("validation_dsc") if job is not None else None,
        "seconds": job.result.get("seconds") if job is not None else None,
        "job": job_summary(job, line=line) if live and job is not None else None,
    }


def report_file(run: BenchmarkRun, path: str) -> bytes:
    """A file of the report by its path below it; raises Missing where there is no report yet, or no such file, and
    Gone where films of the version were withdrawn.
    """
    check_whole(run.version)
    try:
        return blobs().read(run.prefix + REPORT_PREFIX + path)
    except StorageKeyError:
        raise _no_file(run, path) from None
    except StorageMissingError:
        raise (_no_file(run, path) if blobs().exists(run.prefix + REPORT_PAGE) else _no_report(run)) from None


def report_files(run: BenchmarkRun) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of the report's files, sorted; raises Missing where there is none yet, or Gone."""
    check_whole(run.version)
    storage, prefix = blobs(), run.prefix + REPORT_PREFIX
    keys = storage.list(prefix)
    if not keys:
        raise _no_report(run)
    return ((key.removeprefix(run.prefix), storage.read(key)) for key in keys)


def _no_file(run: BenchmarkRun, path: str) -> Missing:
    return Missing(
        f"the report of benchmark {run.number} has no file {path!r}", field="path", value=path,
        remedy="its page lists those that there are",
    )  # fmt: skip


def _no_report(run: BenchmarkRun) -> Missing:
    return Missing(
        f"benchmark {run.number} has no report yet", field="number", value=run.number,
        remedy="look again when it has finished",
    )  # fmt: skip
