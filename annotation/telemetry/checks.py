"""``manage.py check --deploy``: what production still lacks, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from mlbackend.environment import is_set, read


@register("groundwork", deploy=True)
def check_production(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Settings under which people's work could get lost or seen by others."""
    found: list[CheckMessage | None] = [
        _database(), _broker(), _storage(), _hosts(), _origins(), _pages(), _metrics(), _key(),
    ]  # fmt: skip
    return [one for one in found if one is not None]


def _database() -> CheckMessage | None:
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return None
    hint = "set DATABASE_URL=postgres://user:password@host:5432/name"
    return Error("the database is SQLite, which one machine alone can use", hint=hint, id="groundwork.E001")


def _broker() -> CheckMessage | None:
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        return None
    hint = "set CELERY_BROKER_URL=redis://:password@host:6379/0"
    return Error("the broker is a folder, which workers elsewhere cannot see", hint=hint, id="groundwork.E002")


def _storage() -> CheckMessage | None:
    if not settings.STORAGE_URL.startswith("file:"):
        return None
    hint = "set STORAGE_URL=s3://bucket, or see that every machine mounts the same folder at the same place"
    return Warning("the storage is a folder", hint=hint, id="groundwork.W001")


def _hosts() -> CheckMessage | None:
    if "*" not in settings.ALLOWED_HOSTS:
        return None
    hint = "set ALLOWED_HOSTS to the name that people type"
    return Error("ALLOWED_HOSTS=* answers under any name", hint=hint, id="groundwork.E003")


def _origins() -> CheckMessage | None:
    bad = [one for one in settings.CSRF_TRUSTED_ORIGINS if urlsplit(one).scheme != "https"]
    if settings.CSRF_TRUSTED_ORIGINS and not bad:
        return None
    words = f"CSRF_TRUSTED_ORIGINS={','.join(bad)!r} is not https" if bad else "CSRF_TRUSTED_ORIGINS is empty"
    hint = "set it to https:// and the name that people type; without it sign-ins behind a proxy fail"
    return Error(words, hint=hint, id="groundwork.E004")


def _pages() -> CheckMessage | None:
    if Path(settings.FRONTEND_DIR, "manifest.json").is_file():
        return None
    return Error("the browser's pages are not built", hint="run make frontend/dist/.built", id="groundwork.E005")


def _metrics() -> CheckMessage | None:
    if read("METRICS_TOKEN") or read("METRICS_ALLOWED"):
        return None
    hint = "set METRICS_TOKEN, for example from: openssl rand -hex 32"
    return Warning("nobody may read /metrics", hint=hint, id="groundwork.W002")


def _key() -> CheckMessage | None:
    if is_set("SECRET_KEY"):
        return None
    hint = "set SECRET_KEY, the same for all processes, for example from: openssl rand -base64 48"
    return Error("SECRET_KEY is made by this machine alone", hint=hint, id="groundwork.E006")
