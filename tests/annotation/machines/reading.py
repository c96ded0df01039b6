"""The platform's rows as the book has them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from annotation.common.models import AuditEvent
from annotation.images.models import ProjectImage
from annotation.projects.models import Project
from annotation.reviews.models import ALL_ACTS, ReviewBatch, ReviewTask, TaskCandidate
from annotation.rounds.models import RepositoryEntry
from tests.support.ledger import paths

FIELDS = (
    "pk", "batch_id", "project_image_id", "kind", "role", "replica", "replicas", "is_probe", "parent_id", "state",
    "lease_holder_id", "lease_expires_at", "opened_at", "done_by_id", "proposal_id", "corrections", "agree_dsc",
    "order",
)  # fmt: skip


def tasks(project: Project) -> dict[Any, dict[str, Any]]:
    """Tasks by id, each with its ``path``; those that were called off have none that anybody could mistake."""
    rows = list(ReviewTask.objects.filter(project=project).order_by("created_at", "pk").values(*FIELDS))
    films: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        films[row["batch_id"], row["project_image_id"]].append(row)
    for of_film in films.values():
        found = paths((row["pk"], row["parent_id"], row["kind"], row["replica"]) for row in of_film)
        for row in of_film:
            row["path"] = found[row["pk"]]
    return {row["pk"]: row for row in rows}


def open_batches(project: Project) -> set[Any]:
    """Batches that take work."""
    return set(ReviewBatch.objects.filter(project=project, state="open").values_list("pk", flat=True))


def candidates(task: Any) -> dict[int, tuple[Any, int]]:
    """Mask and tie by position, as a blind choice offers them."""
    rows = TaskCandidate.objects.filter(task=task).values_list("position", "mask_id", "tie_group")
    return {position: (mask, tie) for position, mask, tie in rows}


def acts(project: Project) -> dict[tuple[Any, str], tuple[Any, str, bool, float]]:
    """Task, decision, whether it counts and seconds of each act, by person and key."""
    found = {}
    for model in ALL_ACTS.values():
        rows = model.objects.filter(task__project=project)
        for row in rows.values_list("actor", "idempotency_key", "task", "decision", "counts", "active_seconds"):
            assert row[:2] not in found, "one key of one person is two acts"
            found[row[:2]] = row[2:]
    return found


def pages(project: Project, films: set[Any]) -> dict[Any, tuple[str, Any, str]]:
    """State, truth and provenance by film."""
    rows = RepositoryEntry.objects.filter(project_image__in=films, superseded_at=None)
    truths = {row[0]: row[1:] for row in rows.values_list("project_image", "mask", "provenance")}
    states = ProjectImage.objects.filter(pk__in=films).values_list("pk", "state")
    return {film: (state, *truths.get(film, (None, ""))) for film, state in states}


def truths_ever(project: Project) -> int:
    """All truths that there ever were."""
    return RepositoryEntry.objects.filter(project=project).count()


def audited() -> Counter[str]:
    """Rows of the audit log by action."""
    return Counter(AuditEvent.objects.values_list("action", flat=True))
