"""Import reports of before, and what they say to the person who reads them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Missing
from annotation.common.models import AuditEvent
from annotation.images.models import ProjectImage
from annotation.masks.models import FilmImport
from annotation.masks.services.archive import MAX_FILES, MAX_TOTAL_BYTES
from annotation.projects.models import Project
from annotation.projects.permissions import can_research, visible_projects
from mlbackend.storage import StorageMissingError

NEWEST = 20


def limits() -> dict[str, int]:
    """What an upload may hold."""
    return {
        "files": MAX_FILES, "file_bytes": settings.UPLOAD_MAX_BYTES, "total_bytes": MAX_TOTAL_BYTES,
        "pixels": settings.IMAGE_MAX_PIXELS,
    }  # fmt: skip


def imports_list(project: Project) -> list[dict[str, Any]]:
    """The newest imports, the newest first, each with what it brought and whether it was taken back."""
    events = AuditEvent.objects.filter(project_id=project.pk, action="images.import").select_related("actor")
    newest = events.order_by("-created_at")[:NEWEST]
    entries = [(event.detail["report"].removeprefix("imports/").removesuffix(".json"), event) for event in newest]
    counted = FilmImport.objects.filter(pk__in=[entry_id for entry_id, _ in entries]).annotate(
        films=Count("items", filter=Q(items__is_film=True)), masks=Count("items", filter=Q(items__is_film=False))
    )
    brought = {str(one.pk): one for one in counted}
    return [
        {
            "id": entry_id,
            "created_at": event.created_at,
            "role": event.detail["role"],
            "manifest": brought[entry_id].manifest if entry_id in brought else _manifest(event.detail["report"]),
            "by": event.actor.username if event.actor else "",
            "counts": event.detail["counts"],
            "films": getattr(brought.get(entry_id), "films", 0),
            "masks": getattr(brought.get(entry_id), "masks", 0),
            "taken_back_at": getattr(brought.get(entry_id), "taken_back_at", None),
        }
        for entry_id, event in entries
    ]


def _manifest(report: str) -> str:
    """Name of the manifest of an import that brought nothing: the audit log holds no names of files."""
    try:
        return str(json.loads(blobs().read(report))["manifest"])
    except (StorageMissingError, KeyError, ValueError):
        return ""


def import_get(project: Project, import_id: UUID) -> dict[str, Any]:
    """A report as it was written. Raises Missing where this project has no such import."""
    key = f"imports/{import_id}.json"
    events = AuditEvent.objects.filter(project_id=project.pk, action="images.import", detail__report=key)
    if not events.exists() or not blobs().exists(key):
        raise Missing("this project has no such import", field="import", value=str(import_id))
    report: dict[str, Any] = json.loads(blobs().read(key))
    return report


def report_for(reader: User, project: Project, report: dict[str, Any]) -> dict[str, Any]:
    """A report with the place of each other film that it speaks of: named where the reader may see it.

    ``report`` is that of ``ImportReport.to_json``. A film of a project that is not
    the reader's stays unnamed.
    """
    problems = [{"other": "", **problem} for problem in report["problems"]]
    others = {problem["other"] for problem in problems if problem["other"]}
    places: dict[str, tuple[str, str]] = {}
    mine = {one.pk: one for one in visible_projects(reader)}
    films = ProjectImage.objects.filter(image_id__in=others).order_by("created_at")
    # This project's own film comes last and so counts, then one that the reader may see.
    for film in sorted(films, key=lambda one: (one.project_id == project.pk, one.project_id in mine)):
        places[str(film.image_id)] = _place(reader, project, mine.get(film.project_id), film)
    for problem in problems:
        other = problem.pop("other")
        problem["place"], problem["link"] = places.get(other, ("in no project", "")) if other else ("", "")
    return {**report, "problems": problems}


def _place(reader: User, project: Project, found: Project | None, film: ProjectImage) -> tuple[str, str]:
    if found is None:
        return "in a project that you do not belong to", ""
    words = "in this project" if found == project else f"in the project {found.name}"
    page = f"/p/{found.slug}/films/{film.image_id}" if can_research(reader, found) else f"/p/{found.slug}"
    return words, page
