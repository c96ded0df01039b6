"""A frozen version with lungs and infection, and workers that do a benchmark's steps for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from annotation.common.blobs import blobs
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.services import job_dispatch, progress_record, result_record
from annotation.projects.models import Convention, Project, Target
from mlbackend.contracts import (
    BenchmarkLine,
    BenchmarkRequest,
    BenchmarkResult,
    BenchmarkStep,
    Outcome,
    Progress,
    result_key,
)
from tests.annotation.exports.world import settled
from tests.factories import ImageFactory, PatientFactory, ProjectFactory, SourceFactory
from tests.support.pictures import lungs_hw

Work = Callable[[BenchmarkRequest], BenchmarkResult]
LUNG_CELLS = [BenchmarkStep(f"lung.{name}.fold1", "cell", [], "lung", "parallel", name, 1) for name in ("a", "b")]
GRID = [
    *LUNG_CELLS,
    BenchmarkStep("lungs.fold1", "lungs", [step.key for step in LUNG_CELLS], fold=1),
    BenchmarkStep("infection.a.fold1", "cell", ["lungs.fold1"], "infection", "parallel", "a", 1),
]
STEPS = [*GRID, BenchmarkStep("report", "report", [step.key for step in GRID])]
LINE = BenchmarkLine("lung", "parallel", "a", 1, 4, accuracy=0.99, iou=0.9, dsc=0.95, dsc_low=0.93, dsc_high=0.97)


def version_of(films: int = 3, lung: Project | None = None) -> DatasetVersion:
    """Films of the lung project ``chest``, every other one with an infection of the project ``infected``."""
    lung = lung or ProjectFactory(slug="chest")
    infection = ProjectFactory(slug="infected", target=Target.INFECTION, convention=Convention.INFECTION)
    source = SourceFactory()
    for number in range(films):
        sick = number % 2 == 0
        patient = PatientFactory()
        film = settled(
            lung, image=ImageFactory(label="covid" if sick else "normal", patient=patient, source=source),
            split="test" if number % 5 == 4 else "",
        )  # fmt: skip
        if sick:
            settled(infection, image=film.image, pixels=spot(film.image.height, film.image.width))
    return dataset_freeze(projects=[lung, infection], actor=None)


def spot(height: int, width: int) -> np.ndarray:
    """The upper part of the lungs: bool (H, W)."""
    rows = np.arange(height)[:, None]
    return np.asarray(lungs_hw(height, width) & (rows < height // 2))


def quick(request: BenchmarkRequest) -> BenchmarkResult:
    """What a worker would answer, without work."""
    done = BenchmarkResult(request.job_id, request.attempt, Outcome.SUCCEEDED, seconds=1.0)
    if request.step.kind == "plan":
        return BenchmarkResult(**{**vars(done), "steps": STEPS})
    if request.step.kind == "report":
        blobs().write(request.prefix + "report/index.html", b"<!doctype html><title>Benchmark</title>")
        blobs().write(request.prefix + "report/report.json", b"{}")
        return BenchmarkResult(**{**vars(done), "lines": [LINE], "cautions": ["few patients"]})
    return BenchmarkResult(**{**vars(done), "validation_dsc": 0.9 if request.step.kind == "cell" else None})


def failing(*keys: str) -> Work:
    """Workers that fail at these steps."""

    def work(request: BenchmarkRequest) -> BenchmarkResult:
        if request.step.key in keys:
            return BenchmarkResult(request.job_id, request.attempt, Outcome.FAILED, "memory was full")
        return quick(request)

    return work


def waiting() -> list[Job]:
    """Jobs in the queue, oldest first."""
    return list(Job.objects.filter(status__in=[JobStatus.CREATED, JobStatus.QUEUED]).order_by("created_at"))


def begin(job: Job) -> Job:
    """A worker takes the job."""
    job = job_dispatch(job.pk)
    progress_record(Progress(str(job.pk), job.attempt, 1.0, worker="w", phase="training", done=1, total=4))
    return Job.objects.get(pk=job.pk)


def end(job: Job, work: Work = quick) -> None:
    """A worker ends the job."""
    job = job_dispatch(job.pk)
    message: dict[str, Any] = {**job.request, "job_id": str(job.pk), "attempt": job.attempt}
    result = work(BenchmarkRequest.from_json(json.loads(json.dumps(message))))
    blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
    result_record(job.pk, job.attempt)


def work_all(work: Work = quick) -> list[str]:
    """One worker does all that comes; returns the keys of the steps in order."""
    done = []
    while jobs := waiting():
        done.append(jobs[0].request["step"]["key"])
        end(jobs[0], work)
    return done


def project() -> Project:
    """The project whose version it is."""
    return Project.objects.get(slug="chest")
