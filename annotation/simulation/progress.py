"""What the terminal shows of a project that works: rounds, steps, the epochs of each job, what people did."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.projects.models import Project
from annotation.reviews.services import Receipt
from annotation.rounds.models import Round, RoundState, RoundStep, StepState

ENDED = {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}


class Progress:
    """Prints a line when something new has happened; ``tick`` may be called as often as one likes."""

    def __init__(self, write: Callable[[str], Any], project: Project, *, every: float = 1.0) -> None:
        self._write = write
        self._project = project
        self._every = every
        self._last = 0.0
        self._began = time.monotonic()
        self._round = ""
        self._step: tuple[str, str] | None = None
        self._epochs: dict[str, int] = {}
        self._told_jobs: set[str] = set(
            map(str, Job.objects.filter(project_id=project.pk, status__in=ENDED).values_list("pk", flat=True))
        )
        self._closed: set[str] = set(
            Round.objects.filter(project=project, state=RoundState.CLOSED).values_list("name", flat=True)
        )
        self._acts: dict[str, Counter[str]] = defaultdict(Counter)

    def line(self, text: str) -> None:
        """One line with the time since the start."""
        seconds = int(time.monotonic() - self._began)
        self._write(f"[{seconds // 60:3d}:{seconds % 60:02d}] {text}")

    def worked(self, receipts: Iterable[Receipt]) -> None:
        """Count what people did; told when their round's review ends."""
        for receipt in receipts:
            self._acts[receipt.task.batch.name][f"{receipt.task.kind} {receipt.act.decision}"] += 1

    def tick(self, *, force: bool = False) -> None:
        """Tell what is new, at most once in ``every`` seconds."""
        if not force and time.monotonic() - self._last < self._every:
            return
        self._last = time.monotonic()
        self._tell_jobs()
        self._tell_closed()
        self._tell_step()

    def _tell_step(self) -> None:
        round_ = Round.objects.filter(project=self._project).exclude(state=RoundState.CLOSED).first()
        step = (
            RoundStep.objects.filter(round=round_).exclude(state=StepState.DONE).order_by("index").first()
            if round_
            else None
        )
        if round_ is None or step is None or self._step == (round_.name, str(step.pk)):
            return
        if step.state == StepState.PENDING:
            return
        self._step = (round_.name, str(step.pk))
        jobs = step.jobs.count()
        films = round_.films.count()
        detail = {
            "train": f"{jobs} network{'s' if jobs != 1 else ''}",
            "predict": f"{films} films",
            "review": f"{films} films",
        }.get(step.kind, "")
        self.line(f"stage {round_.name}: {step.kind} {detail}".rstrip())

    def _tell_jobs(self) -> None:
        jobs = Job.objects.filter(project_id=self._project.pk).exclude(pk__in=self._told_jobs).order_by("created_at")
        for job in jobs:
            name = _name(job)
            epochs = (job.progress or {}).get("curve", []) if job.status == JobStatus.RUNNING else []
            if job.status in ENDED:
                epochs = job.result.get("epochs", [])
            for epoch in epochs[self._epochs.get(str(job.pk), 0) :]:
                self._epochs[str(job.pk)] = epoch["epoch"]
                left = (job.progress or {}).get("seconds_left")
                tail = f"  {left:.0f} s left" if left is not None and job.status == JobStatus.RUNNING else ""
                self.line(
                    f"  {name} epoch {epoch['epoch']}/{job.request['settings']['epochs']}  "
                    f"loss {epoch['train_loss']:.3f}  "
                    f"validation DSC {epoch['validation_dsc']:.3f}  {epoch['images_per_second']:.1f} images/s{tail}"
                )
            if job.status in ENDED:
                self._told_jobs.add(str(job.pk))
                self._tell_end(job, name)

    def _tell_end(self, job: Job, name: str) -> None:
        if job.status == JobStatus.FAILED:
            self.line(f"  {name} failed: {job.error}")
        elif job.status != JobStatus.SUCCEEDED:
            self.line(f"  {name} {job.status}{f': {job.error}' if job.error else ''}")
        elif job.kind == JobKind.TRAIN:
            self.line(f"  {name} trained: validation DSC {job.result.get('validation_dsc', 0):.3f}")
        else:
            self.line(f"  {name} predicted at {job.result.get('images_per_second', 0):.1f} images/s")

    def _tell_closed(self) -> None:
        rounds = Round.objects.filter(project=self._project, state=RoundState.CLOSED).exclude(name__in=self._closed)
        for round_ in rounds.select_related("main_network").order_by("number"):
            self._closed.add(round_.name)
            acts = ", ".join(f"{count} {what}" for what, count in sorted(self._acts[round_.name].items()))
            network = f"; main network {round_.main_network.name}" if round_.main_network else ""
            self.line(f"stage {round_.name} closed{': ' + acts if acts else ''}{network}")


def _name(job: Job) -> str:
    network = job.request.get("network")
    if network:
        return f"{network['architecture']}-{network['encoder']}"
    return f"{len(job.request['images'])} films by {len(job.request['models'])} networks"
