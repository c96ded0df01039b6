"""One ML job: what was asked, how it goes, how it ended."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from annotation.common.models import AppendOnlyModel, BaseModel


class JobKind(models.TextChoices):
    """What a worker is asked to do."""

    TRAIN = "train", "train a network"
    PREDICT = "predict", "predict masks"
    BENCHMARK = "benchmark", "a step of a benchmark"
    FINDINGS = "findings", "find lungs and infection"
    MAP = "map", "draw a probability map"


class JobStatus(models.TextChoices):
    """States of a job; ``ALLOWED`` says which follow which."""

    CREATED = "created", "created, not sent yet"
    QUEUED = "queued", "waiting for a worker"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


ALLOWED: dict[str, frozenset[str]] = {
    JobStatus.CREATED: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.QUEUED: frozenset(
        {JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}
    ),
    JobStatus.RUNNING: frozenset({JobStatus.QUEUED, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
    JobStatus.CANCELLED: frozenset({JobStatus.QUEUED}),
}


def network_names(kind: str, request: dict[str, Any]) -> list[str]:
    """Names of the networks that a job of this request trains or predicts with, such as ``unet-resnet18``."""
    if kind == JobKind.BENCHMARK:
        return [name for name in [request.get("step", {}).get("network", "")] if name]
    if kind == JobKind.TRAIN:
        networks = [request.get("network", {})]
    elif kind == JobKind.FINDINGS:
        models_ = [request.get(name) or {} for name in ("lungs", "infection")]
        networks = [model.get("network", {}) for model in models_]
    elif kind == JobKind.MAP:
        networks = [request.get("model", {}).get("network", {})]
    else:
        networks = [model.get("network", {}) for model in request.get("models", [])]
    return [f"{network.get('architecture')}-{network.get('encoder')}" for network in networks if network]


class Job(BaseModel):
    """What a worker is asked to do, see ``JobKind``.

    ``request`` is the contract without job id and attempt, which dispatch fills in.
    """

    kind = models.CharField(max_length=16, choices=JobKind)
    status = models.CharField(max_length=16, choices=JobStatus, default=JobStatus.CREATED)
    attempt = models.PositiveSmallIntegerField(default=0)
    """0 before the first dispatch; messages of older attempts are ignored."""
    max_attempts = models.PositiveSmallIntegerField(default=3)
    handler = models.CharField(max_length=64)
    """Name under which an app registered what follows the end of this job."""
    context = models.JSONField(default=dict, blank=True)
    """What the handler needs to know: ids only."""
    project_id = models.UUIDField(null=True, blank=True, db_index=True)
    request = models.JSONField()
    networks = models.JSONField(default=list, blank=True, editable=False)
    """Names of the networks of ``request``, so that lists of jobs need not read it: it names every film."""
    progress = models.JSONField(default=dict, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    """The worker's result message, copied from the result file."""
    request_id = models.CharField(max_length=64, blank=True, default="")
    """Id of the web request that made the job, for the logs of all who work on it; empty where none did."""
    handled_at = models.DateTimeField(null=True, blank=True)
    """When the registered handler had finished with the result; the sweep repeats a handler that died."""

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="job_ended_has_time",
                condition=~Q(status__in=["succeeded", "failed", "cancelled"]) | Q(finished_at__isnull=False),
            ),
            models.CheckConstraint(name="job_failed_says_why", condition=~Q(status="failed") | ~Q(error="")),
            models.CheckConstraint(
                name="job_sent_has_attempt", condition=Q(status="created") | Q(attempt__gte=1) | Q(status="cancelled")
            ),
        ]
        indexes = [models.Index(fields=["status", "heartbeat_at"], name="job_sweep")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.networks = network_names(self.kind, self.request)
        super().save(*args, **kwargs)


class JobEvent(AppendOnlyModel):
    """One change of a job's state: old to new, and why."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="events")
    attempt = models.PositiveSmallIntegerField()
    old = models.CharField(max_length=16)
    new = models.CharField(max_length=16)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.job_id} {self.old} -> {self.new}"


class Worker(BaseModel):
    """A process that works, and when the platform last had a sign of it. ``PLATFORM`` is the platform worker itself."""

    PLATFORM = "platform"

    name = models.CharField(max_length=200, unique=True)
    queues = models.JSONField(default=list, blank=True)
    beat = models.FloatField(default=0)
    """The sign itself, by the worker's clock: only whether it has changed is of interest."""
    seen_at = models.DateTimeField()
    """When it had changed, by our own clock."""
    gpus = models.JSONField(default=list, blank=True)
    """Memory of its GPUs at that time: ``GpuMemory`` as JSON."""

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name
