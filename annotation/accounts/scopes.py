"""What a token may be used for.

A view says so by ``scope_to_read`` and ``scope_to_write``, for its safe and its other methods; None closes it to every
token. A view that says nothing is read by ``read`` and written by ``admin``, so a new one is never open by mistake.
"""

from __future__ import annotations

from typing import Any

from django.db import models

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Scope(models.TextChoices):
    """Each lets a token do less than its person may, never more."""

    READ = "read"
    """See what the person sees: projects, films, figures, models."""
    REVIEW = "review"
    """Take tasks from the queue and submit acts."""
    EXPORT = "export"
    """Freeze dataset versions, download them, and what benchmarks made."""
    ADMIN = "admin"
    """Set up, import, start and stop, manage people."""


def every_scope() -> list[str]:
    """All of them: what a token had before there were scopes, and has where nobody says less."""
    return [str(value) for value in Scope.values]


def scope_needed(view: Any, method: str) -> str | None:
    """The scope that a view asks of a token for a method; None where no token will do."""
    if method in SAFE:
        return getattr(view, "scope_to_read", Scope.READ)
    return getattr(view, "scope_to_write", Scope.ADMIN)
