"""Reading the audit log: what was done and seen in a project, or in the whole installation."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.accounts.models import User
from annotation.accounts.permissions import can_manage_people
from annotation.common.errors import NotAllowed
from annotation.common.models import AuditEvent
from annotation.images.models import ProjectImage
from annotation.projects.guards import require_admin
from annotation.projects.models import Project

COLUMNS = ("at", "person", "action", "kind", "object", "detail")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PIECE = 1000


def audit_events(
    *,
    user: User,
    project: Project | None,
    person: str = "",
    action: str = "",
    film: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """Events, newest first: of a project for its admins, of everything for superusers. Raises NotAllowed.

    ``person`` is a user name, ``action`` the beginning of one (``film``, ``film.see``), ``film`` an image.
    """
    if project is not None:
        require_admin(user, project)
    elif not can_manage_people(user):
        raise NotAllowed("only superusers read the audit log of the installation", remedy="read that of a project")
    events = AuditEvent.objects.select_related("actor").order_by("-created_at", "pk")
    if project is not None:
        events = events.filter(project_id=project.pk)
    if person:
        events = events.filter(actor__username=person)
    if action:
        events = events.filter(Q(action=action) | Q(action__startswith=f"{action}."))
    if film is not None:
        places = [str(place) for place in _places(film, project)]
        events = events.filter(
            Q(object_type="images.image", object_id=str(film))
            | Q(object_type="images.projectimage", object_id__in=places)
        )
    if since is not None:
        events = events.filter(created_at__gte=since)
    if until is not None:
        events = events.filter(created_at__lt=until)
    return events


def _places(film: UUID, project: Project | None) -> list[UUID]:
    """Some acts are recorded of a film's place in a project."""
    places = ProjectImage.objects.filter(image=film)
    return list((places.filter(project=project) if project else places).values_list("pk", flat=True))


def audit_row(event: AuditEvent) -> dict[str, Any]:
    """An event as people read it."""
    return {
        "at": event.created_at,
        "person": event.actor.username if event.actor else "",
        "action": event.action,
        "kind": event.object_type,
        "object": event.object_id,
        "detail": event.detail,
    }


def audit_csv(events: QuerySet[AuditEvent]) -> Iterator[bytes]:
    """The events as CSV with a header, some rows at a time."""
    yield _line(COLUMNS)
    for event in events.iterator(chunk_size=_PIECE):
        row = {**audit_row(event), "at": event.created_at.isoformat(), "detail": json.dumps(event.detail)}
        yield _line([_plain(str(row[name])) for name in COLUMNS])


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Any) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
