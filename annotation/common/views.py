"""Answers that no view gives: no such address, something broke."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


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
