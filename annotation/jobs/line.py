"""For whom a queued job waits: jobs before it, or a worker that nobody has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max
from django.utils import timezone

from annotation.jobs.models import Job, JobStatus, Worker
from annotation.jobs.services.dispatch import ROUTES

SILENT_AFTER = timedelta(seconds=75)
"""Three beats of a worker and a sweep: who says nothing for so long is not there."""


@dataclass(frozen=True)
class Wait:
    """What a queued job waits for."""

    ahead: int
    """Jobs that run or were queued before it, on workers that could take it."""
    workers: int
    """Workers that live and take jobs of its kind."""
    worker_seen_at: datetime | None
    """When the last of them gave a sign; None: never."""
    platform_seen_at: datetime | None
    """When somebody last looked for workers; long ago: what is said of them is old."""


class Line:
    """The queue as it stands, read once where a job of a list waits, and not at all where none does."""

    def wait(self, job: Job) -> Wait | None:
        """For whom the job waits; None where it does not."""
        if job.status not in (JobStatus.CREATED, JobStatus.QUEUED):
            return None
        queue = ROUTES[job.kind][1]
        mine = [worker for worker in self._workers if queue in worker.queues]
        alive = [worker for worker in mine if worker.seen_at > timezone.now() - SILENT_AFTER]
        # Without a live worker to ask, jobs of the same kind are those that stand before this one.
        served = {one for worker in alive for one in worker.queues} | {queue}
        ahead = sum(
            ROUTES[one.kind][1] in served and (one.status == JobStatus.RUNNING or one.created_at < job.created_at)
            for one in self._jobs
            if one.pk != job.pk
        )
        seen = [worker.seen_at for worker in mine] + [at for kind, at in self._heartbeats if ROUTES[kind][1] == queue]
        platform = next((worker.seen_at for worker in self._workers if worker.name == Worker.PLATFORM), None)
        return Wait(ahead, len(alive), max(seen, default=None), platform)

    @cached_property
    def _workers(self) -> list[Worker]:
        return list(Worker.objects.all())

    @cached_property
    def _jobs(self) -> list[Job]:
        going = Job.objects.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING])
        return list(going.only("id", "kind", "status", "created_at"))

    @cached_property
    def _heartbeats(self) -> list[tuple[str, datetime]]:
        rows = Job.objects.exclude(heartbeat_at=None).order_by().values_list("kind").annotate(at=Max("heartbeat_at"))
        return list(rows)
