"""The audit log's two doors: what somebody did, and what somebody saw."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid5

from django.db import models, transaction
from django.utils import timezone

from annotation.common.models import AuditEvent

_SIGHTINGS = UUID("5f6a9e2c-7d5d-4f0e-9b5d-3d2a52c7b1e4")
_REMEMBERED = 8192


def audit_record(
    action: str,
    subject: models.Model | type[models.Model],
    *,
    actor: Any = None,
    project_id: UUID | None = None,
    **detail: Any,
) -> AuditEvent:
    """Write one event. ``action`` is ``noun.verb``; ``detail`` holds JSON types, old and new values.

    A class as ``subject`` stands for something of its kind that there is not.
    """
    return AuditEvent.objects.create(
        action=action,
        object_type=subject._meta.label_lower,
        object_id="" if isinstance(subject, type) else str(subject.pk),
        actor=actor if actor is not None and actor.pk else None,
        project_id=project_id,
        detail=detail,
    )


class _Remembered:
    """What this process has written of late: asking the database again would cost as much as writing."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[Any, ...], None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: tuple[Any, ...]) -> bool:
        with self._lock:
            return key in self._keys

    def add(self, key: tuple[Any, ...]) -> None:
        with self._lock:
            self._keys[key] = None
            while len(self._keys) > _REMEMBERED:
                self._keys.popitem(last=False)


_remembered = _Remembered()


def audit_seen(
    action: str,
    object_type: str,
    object_id: UUID,
    *,
    actor: Any,
    project_id: UUID | None = None,
    projects: Callable[[], Iterable[UUID | None]] = tuple,
    purpose: str = "",
) -> None:
    """Write that the person saw the object: one row for each person, object, purpose, project and hour.

    Seen in one project where ``project_id`` names it, else in all that ``projects`` gives; it is asked only where a row
    may be missing. The row's id is made of all that makes it one, so that a second one is refused by the database
    whichever process sends it. Written before the answer leaves: what cannot be recorded is not shown.
    """
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    everywhere = (action, object_id, actor.pk, purpose, hour, None)
    key = (*everywhere[:-1], project_id)
    if key in _remembered or everywhere in _remembered:
        return
    rows = [
        AuditEvent(
            id=uuid5(_SIGHTINGS, f"{action} {object_id} {actor.pk} {purpose} {hour.isoformat()} {project}"),
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            actor_id=actor.pk,
            project_id=project,
            detail={"purpose": purpose},
        )
        for project in ([project_id] if project_id is not None else projects())
    ]
    AuditEvent.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(lambda: _remembered.add(key))
