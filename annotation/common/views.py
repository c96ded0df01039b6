"""Answers that no view gives: no such address, something broke, something is away."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from annotation.common.outages import outage_of


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: below /api/ in the API's JSON shape, elsewhere the framework's page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    body = {"code": "not_found", "message": "no such address", "field": "url", "value": request.path}
    return JsonResponse({"error": {**body, "remedy": "GET /api/docs lists what there is"}}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: below /api/ in the API's JSON shape; the reason is in the log. 503 where database or storage is away.

    Called while the error is handled, so it sees what broke, in the middleware too.
    """
    if away := outage_of(sys.exc_info()[1]):
        if request.path.startswith("/api/"):
            return JsonResponse(away.as_json(), status=away.status, headers=away.headers)
        words = f"503: {away.message}; {away.remedy}\n"
        return HttpResponse(words, status=away.status, headers=away.headers, content_type="text/plain; charset=utf-8")
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    body = {"code": "error", "message": "something broke on our side", "remedy": "try again; tell an admin if it stays"}
    return JsonResponse({"error": body}, status=500)
