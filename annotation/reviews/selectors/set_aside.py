"""Films that could not be loaded and wait for an admin."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from annotation.projects.models import Project
from annotation.reviews.models import Report, ReportDecision, ReviewTask, TaskState


def films_set_aside(project: Project) -> list[dict[str, Any]]:
    """By film, the longest waiting first: who reported it at which kind of task, when, in which words.

    Opinions stand beside the report that counts. Films, not tasks: a probe looks like any other task here too.
    """
    tasks = ReviewTask.objects.filter(project=project, state=TaskState.SET_ASIDE)
    batches: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    rows = tasks.order_by("set_aside_by__created_at", "pk").values_list(
        "project_image_id", "project_image__image_id", "batch_id", "batch__name"
    )
    for film, image, batch, name in rows:
        batches.setdefault((film, batch), {"image": str(image), "batch": name})
    reports: dict[tuple[UUID, UUID], list[dict[str, Any]]] = defaultdict(list)
    said = Report.objects.filter(
        task__project_image__in={film for film, _ in batches}, decision=ReportDecision.SET_ASIDE, superseded_by=None
    ).select_related("actor", "task")
    for one in said.order_by("created_at", "pk"):
        reports[one.task.project_image_id, one.task.batch_id].append(
            {"by": one.actor.username, "at": one.created_at, "comment": one.comment, "kind": one.task.kind}
        )
    return [{**shown, "reports": reports[key]} for key, shown in batches.items()]


def count_set_aside(project: Project) -> int:
    """How many films wait for an admin."""
    tasks = ReviewTask.objects.filter(project=project, state=TaskState.SET_ASIDE)
    return tasks.values("project_image").distinct().count()
