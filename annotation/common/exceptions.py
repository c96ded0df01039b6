"""Every error leaves the API in one JSON shape."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as rest_handler
from rest_framework.views import set_rollback

from annotation.common.errors import DomainError, InvalidInput
from annotation.common.outages import outage_of

MORE: dict[type[Exception], dict[str, str]] = {
    exceptions.ParseError: {"field": "body", "remedy": "send one JSON object, or form data with its boundary"},
    exceptions.UnsupportedMediaType: {
        "field": "Content-Type",
        "remedy": "send application/json, or multipart/form-data where a file goes along",
    },
    exceptions.NotAuthenticated: {
        "field": "Authorization",
        "remedy": "sign in at /api/sign-in, or send the header 'Authorization: Bearer TOKEN'",
    },
    exceptions.AuthenticationFailed: {
        "field": "Authorization",
        "remedy": "send 'Authorization: Bearer TOKEN' with a token of /api/tokens",
    },
}
"""What the framework's own errors leave unsaid."""

REMEDIES = {
    "required": "fill it in",
    "null": "fill it in",
    "blank": "fill it in",
    "empty": "choose something",
    "max_length": "shorten it",
    "min_length": "write more",
    "max_value": "take a smaller number",
    "min_value": "take a larger number",
    "invalid_choice": "take one of these",
}
"""What to do about a field, by the framework's code of its error."""


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Domain errors, outages and the framework's own as ``{"error": {code, message, ...}}``; others stay a 500."""
    told = error if isinstance(error, DomainError) else outage_of(error)
    if told is not None:
        set_rollback()
        return Response(told.as_json(), status=told.status, headers=told.headers)
    response = rest_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        wrong = invalid_inputs(error.detail, getattr(context.get("request"), "data", None))
        body: dict[str, Any] = {**InvalidInput.of(wrong).as_json()["error"], "detail": error.detail}
    elif isinstance(error, Http404):
        body = {"code": "not_found", "message": "no such object, or none that you may see"}
    elif isinstance(error, PermissionDenied):
        body = {"code": "not_allowed", "message": str(error) or "you may not do this"}
    else:
        code = error.get_codes() if isinstance(error, exceptions.APIException) else "error"
        body = {"code": code if isinstance(code, str) else "error", "message": str(error)}
        if "CSRF" in str(error):
            body |= {"field": "X-CSRFToken", "remedy": "GET /api/csrf first and send its token in this header"}
        body |= next((more for kind, more in MORE.items() if isinstance(error, kind)), {})
    response.data = {"error": body}
    return response


def invalid_inputs(detail: Any, data: Any) -> list[InvalidInput]:
    """The framework's errors of a request as ours, one for each field; ``data`` is what was sent."""
    return [
        InvalidInput(
            str(said),
            field=field,
            value=_value(field, data),
            remedy=REMEDIES.get(getattr(said, "code", ""), "correct it; /api/docs tells programs how it is written"),
        )
        for field, said in _messages(detail)
    ] or [InvalidInput("invalid")]


def _value(field: str, data: Any) -> Any:
    """What was sent in a field, where it is short and no secret."""
    value = data.get(field) if isinstance(data, Mapping) else None
    if "password" in field or "token" in field or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value[:200] if isinstance(value, str) else value


def _messages(detail: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and first message of each field in a nested error."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = "body" if key == api_settings.NON_FIELD_ERRORS_KEY and not path else str(key)
            yield from _messages(value, f"{path}.{name}" if path else name)
    elif isinstance(detail, list):
        nested = [one for one in detail if isinstance(one, dict | list) and one]
        if nested:
            yield from (found for one in nested for found in _messages(one, path))
        elif detail:
            yield path, detail[0]
    else:
        yield path, detail
