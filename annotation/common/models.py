"""Base models: UUID keys that say nothing, append-only rows, and the audit log."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone


class BaseModel(models.Model):
    """A row with a random key: no id in a URL tells order, network or count."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class AppendOnlyError(RuntimeError):
    """Somebody tried to change or delete a row of an append-only table."""


class AppendOnlyQuerySet(models.QuerySet):
    """Adds and reads, nothing else. The database holds the same rule by a trigger."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only: write a superseding row instead")

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only: write a superseding row instead")


class AppendOnlyModel(BaseModel):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label} is append-only: write a superseding row instead")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self._meta.label} is append-only: write a superseding row instead")


class AuditEvent(AppendOnlyModel):
    """Who did what to which object, when; ``detail`` holds old and new values as JSON."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    project_id = models.UUIDField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["project_id", "-created_at"], name="audit_by_project"),
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
            models.Index(fields=["actor", "-created_at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class KeptAnswer(BaseModel):
    """What a request with an ``Idempotency-Key`` was answered, for the same request sent again."""

    caller = models.CharField(max_length=64)
    """The user's id; no foreign key, as a kept answer must not keep an account."""
    key = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    """Sha256 of method, address and body."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """HTTP status; empty while the first request is being worked on."""
    content_type = models.CharField(max_length=100, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="request_counts_once_however_often_sent")]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_by_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
