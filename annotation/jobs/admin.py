"""Jobs and their events in the admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.jobs.models import Job, JobEvent, Worker


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs with their state and what went wrong."""

    list_display = ["created_at", "kind", "status", "attempt", "worker", "heartbeat_at", "finished_at", "error"]
    list_filter = ["status", "kind"]
    search_fields = ["id", "error", "worker"]
    date_hierarchy = "created_at"


@admin.register(JobEvent)
class JobEventAdmin(AppendOnlyAdmin):
    """Every change of a job's state."""

    list_display = ["created_at", "job_id", "attempt", "old", "new", "reason"]
    list_filter = ["new"]
    search_fields = ["job__id", "reason"]


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers and when they were last seen."""

    list_display = ["name", "queues", "seen_at"]
