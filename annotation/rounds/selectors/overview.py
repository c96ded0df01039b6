"""The projects that a person leads, at a glance: a fixed number of queries, however many projects there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from annotation.accounts.models import User
from annotation.images.models import ImageState, ProjectImage
from annotation.jobs.models import Job, JobStatus
from annotation.projects.models import Membership, Project, Role
from annotation.reviews.models import BatchState, ReviewTask, TaskState, Verdict, VerdictDecision
from annotation.rounds.models import RepositoryEntry, Round, RoundState, StepState
from annotation.rounds.selectors.effort import CURRENT
from annotation.rounds.steps.train import share

STATUSES = Prefetch("steps__jobs", queryset=Job.objects.only("status"))


def projects_overview(user: User) -> list[dict[str, Any]]:
    """Masks of how many films, films that wait by kind, the latest round with what runs in it, and the accept rate.

    For projects, archived ones among them, in which the user is a researcher or an admin; excluded films are not
    counted, nor are probes.
    """
    projects = list(_led(user).order_by("created_at"))
    ids = [project.pk for project in projects]
    films = _by_project(ProjectImage.objects.filter(project__in=ids).exclude(state=ImageState.EXCLUDED))
    entries = RepositoryEntry.objects.filter(project__in=ids, superseded_at__isnull=True)
    masks = _by_project(entries.exclude(project_image__state=ImageState.EXCLUDED))
    waiting = _waiting(ids)
    rounds = _rounds(ids)
    accepted = _accepted(ids)
    return [
        {
            "project": project.slug,
            "films": films.get(project.pk, 0),
            "masks": masks.get(project.pk, 0),
            "waiting": dict(waiting[project.pk]),
            "round": rounds.get(project.pk),
            "accepted": accepted.get(project.pk),
        }
        for project in projects
    ]


def _led(user: User) -> QuerySet[Project]:
    if user.is_superuser:
        return Project.objects.all()
    led = Membership.objects.filter(user=user, role__in=(Role.ADMIN, Role.RESEARCHER))
    return Project.objects.filter(pk__in=led.values("project"))


def _by_project(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("project").annotate(n=Count("pk")))


def _waiting(ids: list[UUID]) -> dict[UUID, Counter[str]]:
    """Films with an open task of a kind; one that is read twice counts once."""
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    rows = (
        ReviewTask.objects.filter(project__in=ids, state=TaskState.OPEN, batch__state=BatchState.OPEN, is_probe=False)
        .order_by()
        .values_list("project", "kind")
        .annotate(n=Count("project_image", distinct=True))
    )
    for project, kind, count in rows:
        found[project][kind] = count
    return found


def _rounds(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The latest round of each project, with its step that is not done and that step's jobs by status."""
    found: dict[UUID, dict[str, Any]] = {}
    numbers = Round.objects.filter(project__in=ids).order_by("project", "-number").values_list("project", "pk")
    latest: dict[UUID, UUID] = {}
    for project, pk in numbers:
        latest.setdefault(project, pk)
    for round_ in Round.objects.filter(pk__in=latest.values()).prefetch_related(STATUSES):
        step = next((step for step in round_.steps.all() if step.state != StepState.DONE), None)
        jobs = Counter(job.status for job in step.jobs.all()) if step else Counter()
        found[round_.project_id] = {
            "name": round_.name,
            "kind": round_.kind,
            "state": round_.state,
            "step": step.kind if step and round_.state != RoundState.CLOSED else "",
            "running": jobs[JobStatus.RUNNING],
            "queued": jobs[JobStatus.QUEUED] + jobs[JobStatus.CREATED],
        }
    return found


def _accepted(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Share of accepts among the verdicts that count, with its 95 % Wilson interval."""
    rows = (
        Verdict.objects.filter(task__project__in=ids, task__is_probe=False, **CURRENT)
        .order_by()
        .values_list("task__project")
        .annotate(total=Count("pk"), part=Count("pk", filter=Q(decision=VerdictDecision.ACCEPT)))
    )
    return {project: {"count": part, "of": total, **share(part, total)} for project, total, part in rows}
