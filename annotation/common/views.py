"""Whether the platform lives and can work, for whatever watches over it."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.common.blobs import blobs
from mlbackend.storage import StorageError

log = logging.getLogger(__name__)

PROBE_KEY = "health/absent"
"""A key that nobody writes: looking it up tells whether storage answers."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: below /api/ in the API's JSON shape, elsewhere the framework's page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    body = {"code": "not_found", "message": "no such address", "field": "url", "value": request.path}
    return JsonResponse({"error": {**body, "remedy": "GET /api/docs lists what there is"}}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: below /api/ in the API's JSON shape; the reason is in the log."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    body = {"code": "error", "message": "something broke on our side", "remedy": "try again; tell an admin if it stays"}
    return JsonResponse({"error": body}, status=500)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; touches neither database nor storage."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 where database and storage answer, else 503 with the name of the part that does not.

    The reason goes to the log only: whoever asks need not be signed in.
    """
    checks = {"database": _database(), "storage": _storage()}
    fine = all(checks.values())
    body = {
        "status": "ok" if fine else "unavailable",
        "checks": {name: "ok" if passed else "failed" for name, passed in checks.items()},
    }
    return JsonResponse(body, status=200 if fine else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        log.exception("health: the database does not answer")
        return False


def _storage() -> bool:
    try:
        blobs().exists(PROBE_KEY)
    except (StorageError, OSError):
        log.exception("health: the storage does not answer")
        return False
    return True
