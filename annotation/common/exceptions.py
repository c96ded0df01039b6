"""Every error leaves the API in one JSON shape."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_handler
from rest_framework.views import set_rollback

from annotation.common.errors import DomainError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Domain errors and the framework's own errors as ``{"error": {code, message, ...}}``; others stay a 500."""
    if isinstance(error, DomainError):
        set_rollback()
        return Response(error.as_json(), status=error.status)
    response = rest_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        field, message = _first(error.detail)
        body: dict[str, Any] = {"code": "invalid", "message": message, "detail": error.detail}
        if field:
            body["field"] = field
    elif isinstance(error, Http404):
        body = {"code": "not_found", "message": "no such object, or none that you may see"}
    elif isinstance(error, PermissionDenied):
        body = {"code": "not_allowed", "message": str(error) or "you may not do this"}
    else:
        code = error.get_codes() if isinstance(error, exceptions.APIException) else "error"
        body = {"code": code if isinstance(code, str) else "error", "message": str(error)}
    response.data = {"error": body}
    return response


def _first(detail: Any, path: str = "") -> tuple[str, str]:
    """Path and text of the first message in a nested error."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            return _first(value, f"{path}.{key}" if path else str(key))
    if isinstance(detail, list):
        return _first(detail[0], path) if detail else (path, "invalid")
    return path, str(detail)
