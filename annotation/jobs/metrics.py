"""Jobs, queues and workers as metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from annotation.jobs.models import Job, JobEvent, JobKind, JobStatus, Worker
from annotation.jobs.sending import waiting_messages
from annotation.jobs.services.move import ENDED
from mlbackend.contracts import QUEUE_PLATFORM, QUEUE_PREDICT, QUEUE_TRAIN

BUCKETS = (5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
"""Seconds."""
NO_LONGER_SHOWN = timedelta(days=1)


def job_metrics() -> Iterator[Metric]:
    """How many jobs there are, how long they wait and run, and how often their worker was lost."""
    now = timezone.now()
    jobs = GaugeMetricFamily("groundwork_jobs", "Jobs by kind and status.", labels=["kind", "status"])
    counts = {(kind, status): 0 for kind in JobKind.values for status in JobStatus.values}
    counts |= {
        (kind, status): n
        for kind, status, n in Job.objects.order_by().values_list("kind", "status").annotate(n=Count("pk"))
    }
    for (kind, status), count in counts.items():
        jobs.add_metric([kind, status], count)
    yield jobs

    waiting = GaugeMetricFamily(
        "groundwork_job_oldest_waiting_seconds",
        "Age of the oldest job that waits for a worker; 0: none does.",
        labels=["kind"],
    )
    queued = Job.objects.filter(status__in=[JobStatus.CREATED, JobStatus.QUEUED]).order_by().values("kind")
    oldest = dict(queued.annotate(since=Min(Coalesce("queued_at", "created_at"))).values_list("kind", "since"))
    for kind in JobKind.values:
        waiting.add_metric([kind], (now - oldest[kind]).total_seconds() if kind in oldest else 0)
    yield waiting
    yield _seconds()
    lost = JobEvent.objects.filter(old=JobStatus.RUNNING, new=JobStatus.QUEUED).count()
    yield CounterMetricFamily("groundwork_job_requeues", "Jobs taken from a worker that had gone silent.", value=lost)


def _seconds() -> Metric:
    family = HistogramMetricFamily("groundwork_job_seconds", "Seconds from start to end.", labels=["kind", "outcome"])
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    below = {f"below_{limit}": Count("pk", filter=Q(took__lte=timedelta(seconds=limit))) for limit in BUCKETS}
    ended = Job.objects.filter(status__in=ENDED, started_at__isnull=False, finished_at__isnull=False).order_by()
    rows = ended.annotate(took=took).values("kind", "status").annotate(n=Count("pk"), total=Sum("took"), **below)
    for row in rows:
        counts: dict[str, Any] = dict(row)
        buckets = [(str(float(limit)), counts[f"below_{limit}"]) for limit in BUCKETS] + [("+Inf", row["n"])]
        family.add_metric([row["kind"], row["status"]], buckets, row["total"].total_seconds())
    return family


def queue_metrics() -> Iterator[Metric]:
    """Messages that wait at the broker; a queue of which the broker says nothing is left out."""
    depth = GaugeMetricFamily("groundwork_queue_messages", "Messages that no worker has taken.", labels=["queue"])
    for queue in (QUEUE_TRAIN, QUEUE_PREDICT, QUEUE_PLATFORM):
        if (length := waiting_messages(queue)) is not None:
            depth.add_metric([queue], length)
        else:
            break
    yield depth


def worker_metrics() -> Iterator[Metric]:
    """When each worker was last heard of, and how full its GPUs are."""
    now = timezone.now()
    seen = GaugeMetricFamily(
        "groundwork_worker_silent_seconds",
        "Since a worker was last heard of; 'platform' is the sweep.",
        labels=["worker"],
    )
    memory = GaugeMetricFamily(
        "groundwork_gpu_memory_bytes", "Memory of a worker's GPU.", labels=["worker", "gpu", "state"]
    )
    for worker in Worker.objects.filter(seen_at__gt=now - NO_LONGER_SHOWN):
        seen.add_metric([worker.name], (now - worker.seen_at).total_seconds())
        for gpu in worker.gpus:
            memory.add_metric([worker.name, str(gpu["index"]), "used"], gpu["used_bytes"])
            memory.add_metric([worker.name, str(gpu["index"]), "total"], gpu["total_bytes"])
    yield seen
    yield memory
