"""A benchmark of one frozen version, and the steps that it falls into."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.common.models import BaseModel
from annotation.exports.models import DatasetVersion
from annotation.jobs.models import Job
from annotation.projects.models import Project
from mlbackend.contracts import FINAL


class RunState(models.TextChoices):
    """States of a run. An ended one that is tried again is running again."""

    RUNNING = "running", "running"
    FINISHED = "finished", "finished"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class BenchmarkRun(BaseModel):
    """Networks trained and tested on a version. Its files lie below ``prefix``; ``lines`` are the report's figures."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="benchmarks")
    """The version's first project; the number counts within it."""
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="benchmarks")
    number = models.PositiveIntegerField()
    wish = models.JSONField()
    """A BenchmarkWish."""
    state = models.CharField(max_length=16, choices=RunState, default=RunState.RUNNING)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)
    lines = models.JSONField(default=list, blank=True)
    """BenchmarkLines of the last report; they stay while a run is tried again."""
    cautions = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="benchmark_number_once"),
            models.CheckConstraint(name="benchmark_failed_says_why", condition=~Q(state="failed") | ~Q(error="")),
            models.CheckConstraint(
                name="benchmark_ended_has_time", condition=Q(state="running") | Q(finished_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} benchmark {self.number}"

    @property
    def prefix(self) -> str:
        """Where the run's files lie in storage."""
        return f"benchmarks/{self.pk}/"


class BenchmarkStep(BaseModel):
    """One step; it waits as long as it has no job."""

    run = models.ForeignKey(BenchmarkRun, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveIntegerField()
    """The order in which steps are started."""
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    after = models.JSONField(default=list)
    """Keys of the steps that must have ended, well or not."""
    task = models.CharField(max_length=16, blank=True)
    scheme = models.CharField(max_length=16, blank=True)
    network = models.CharField(max_length=100, blank=True)
    fold = models.PositiveSmallIntegerField(default=0)
    label_set = models.CharField(max_length=16, default=FINAL)
    job = models.OneToOneField(Job, null=True, blank=True, on_delete=models.PROTECT, related_name="benchmark_step")

    class Meta:
        ordering = ["run", "index"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="benchmark_step_once"),
            models.UniqueConstraint(fields=["run", "index"], name="benchmark_step_order"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key}"
