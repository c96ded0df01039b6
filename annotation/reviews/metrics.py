"""The queue and what people do with it as metrics. Nothing here names a project, a film or a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from annotation.reviews.models import (
    Adjudication,
    BatchState,
    Edit,
    ReviewTask,
    Selection,
    TaskKind,
    TaskState,
    Verdict,
    Verification,
)

ACTS = (Verdict, Edit, Adjudication, Selection, Verification)
HOUR = 3600
BUCKETS = (HOUR, 4 * HOUR, 24 * HOUR, 3 * 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR)
"""Seconds."""


def act_metrics() -> Iterator[Metric]:
    """How many acts of each kind there are, and how long people worked on them."""
    acts = CounterMetricFamily("groundwork_acts", "Acts of people, taken back or not.", labels=["act", "decision"])
    worked = SummaryMetricFamily("groundwork_act_active_seconds", "Seconds of work on acts.", labels=["act"])
    for model in ACTS:
        name = model._meta.model_name or ""
        count, total = 0, 0.0
        for row in model.objects.order_by().values("decision").annotate(n=Count("pk"), seconds=Sum("active_seconds")):
            acts.add_metric([name, row["decision"]], row["n"])
            count, total = count + row["n"], total + row["seconds"]
        worked.add_metric([name], count_value=count, sum_value=total)
    yield acts
    yield worked


def task_metrics() -> Iterator[Metric]:
    """How many tasks wait, for how long, how many are held, and how long they took from made to settled."""
    now = timezone.now()
    tasks = GaugeMetricFamily("groundwork_tasks_open", "Tasks of open batches that are not settled.", labels=["kind"])
    oldest = GaugeMetricFamily("groundwork_task_oldest_seconds", "Age of the oldest of them; 0: none.", labels=["kind"])
    held = GaugeMetricFamily("groundwork_leases_held", "Tasks that somebody holds now.", labels=["kind"])
    waiting = ReviewTask.objects.filter(state=TaskState.OPEN, batch__state=BatchState.OPEN).order_by().values("kind")
    found = waiting.annotate(
        n=Count("pk"), since=Min("created_at"), leases=Count("pk", filter=Q(lease_expires_at__gt=now))
    )
    rows = {row["kind"]: row for row in found}
    for kind in TaskKind.values:
        row = rows.get(kind)
        tasks.add_metric([kind], row["n"] if row else 0)
        oldest.add_metric([kind], (now - row["since"]).total_seconds() if row else 0)
        held.add_metric([kind], row["leases"] if row else 0)
    yield tasks
    yield oldest
    yield held
    yield _settling()


def _settling() -> Metric:
    family = HistogramMetricFamily("groundwork_task_seconds", "Seconds from a task made to settled.", labels=["kind"])
    took = ExpressionWrapper(F("settled_at") - F("created_at"), output_field=DurationField())
    below = {f"below_{limit}": Count("pk", filter=Q(took__lte=timedelta(seconds=limit))) for limit in BUCKETS}
    done = ReviewTask.objects.filter(state=TaskState.DONE, settled_at__isnull=False).order_by()
    for row in done.annotate(took=took).values("kind").annotate(n=Count("pk"), total=Sum("took"), **below):
        counts: dict[str, Any] = dict(row)
        buckets = [(str(float(limit)), counts[f"below_{limit}"]) for limit in BUCKETS] + [("+Inf", row["n"])]
        family.add_metric([row["kind"]], buckets, row["total"].total_seconds())
    return family
