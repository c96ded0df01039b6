"""The audit log's one door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models

from annotation.common.models import AuditEvent


def audit_record(
    action: str, subject: models.Model, *, actor: Any = None, project_id: UUID | None = None, **detail: Any
) -> AuditEvent:
    """Write one event. ``action`` is ``noun.verb``; ``detail`` holds JSON types, old and new values."""
    return AuditEvent.objects.create(
        action=action,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        actor=actor if actor is not None and actor.pk else None,
        project_id=project_id,
        detail=detail,
    )
