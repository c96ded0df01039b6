"""Jobs as pages show them. Requests stay inside: they hold storage keys and which film goes where."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotation.accounts.models import User
from annotation.common.errors import Missing
from annotation.jobs.line import Line
from annotation.jobs.models import Job
from annotation.projects.guards import require_admin
from annotation.projects.models import Project
from annotation.projects.permissions import visible_projects

REVIEWERS_SEE = ("phase", "done", "total", "unit", "seconds_left")
RESEARCHERS_SEE = (*REVIEWERS_SEE, "epoch", "images_per_second", "validation_dsc", "train_loss", "curve")


UNREAD = ("request", "result", "context")
"""What no list shows: they name every film of a job, and thousands of films are megabytes to read and decode."""


def jobs_light() -> QuerySet[Job]:
    """Jobs as lists show them."""
    return Job.objects.defer(*UNREAD)


def job_summary(job: Job, *, research: bool = True, line: Line | None = None) -> dict[str, Any]:
    """A job in a list. Without ``research`` nothing names its networks or their scores.

    ``line`` is shared by the jobs of one answer, so that the queue is read once.
    """
    wait = (line or Line()).wait(job) if research else None
    shown = RESEARCHERS_SEE if research else REVIEWERS_SEE
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "status": job.status,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "networks": job.networks if research else [],
        "progress": {name: job.progress[name] for name in shown if name in job.progress},
        "worker": job.worker if research else "",
        "error": job.error if research else "",
        "created_at": job.created_at,
        "queued_at": job.queued_at,
        "started_at": job.started_at,
        "heartbeat_at": job.heartbeat_at,
        "finished_at": job.finished_at,
        "wait": None if wait is None else asdict(wait),
    }


def job_detail(job: Job) -> dict[str, Any]:
    """A job with the changes of its state."""
    events = job.events.values("attempt", "old", "new", "reason", "created_at")
    return {**job_summary(job), "events": list(events)}


def job_get(*, user: User, job_id: UUID) -> tuple[Job, Project]:
    """A job and its project, for an admin of it; Missing for those who may not see the project."""
    job = Job.objects.filter(pk=job_id).first()
    project = visible_projects(user).filter(pk=job.project_id).first() if job and job.project_id else None
    if job is None or project is None:
        raise Missing("no such job, or none that you may see", field="job", value=str(job_id))
    require_admin(user, project)
    return job, project
