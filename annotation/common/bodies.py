"""How large a request may be: refused by what its header says, before a byte of it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser as RestJSONParser

from annotation.common.errors import DomainError
from annotation.common.limits import too_large

Handler = Callable[[HttpRequest], HttpResponse]

JSON_MAX_BYTES = 16 * 1024**2
"""Twice what the longest drawing of marks has."""
FORM_EXTRA_BYTES = 1024**2
"""Fields and boundaries around a file."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class BodyTooLarge(DomainError):
    """A request that is larger than anything that its address takes."""

    status = 413
    code = "too_large"


def body_limit_middleware(get_response: Handler) -> Handler:
    """Refuse what is too large: JSON, a form with a file, or what the view says by ``largest_body`` in bytes."""

    def handle(request: HttpRequest) -> HttpResponse:
        stated = str(request.META.get("CONTENT_LENGTH") or "0")
        size = int(stated) if stated.isascii() and stated.isdigit() else 0
        if size > JSON_MAX_BYTES and size > (limit := _limit(request)):
            error = BodyTooLarge(f"the request has {too_large(size, limit)}", field="body", remedy="send less at once")
            return JsonResponse(error.as_json(), status=error.status)
        return get_response(request)

    return handle


def _limit(request: HttpRequest) -> int:
    if not (request.content_type or "").startswith("multipart/"):
        return JSON_MAX_BYTES
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return JSON_MAX_BYTES
    own = getattr(getattr(view, "cls", None), "largest_body", None)
    return FORM_EXTRA_BYTES + int(own or settings.UPLOAD_MAX_BYTES)


class JSONParser(RestJSONParser):
    """JSON that can be stored: not nested without end, and without the characters that no database takes."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """What was sent; raises ParseError."""
        try:
            data = super().parse(stream, media_type=media_type, parser_context=parser_context)
            _check(data)
        except RecursionError as error:
            raise ParseError("JSON parse error - it is nested too deep") from error
        return data


def _check(data: object) -> None:
    if isinstance(data, str):
        if _UNSTORABLE.search(data):
            raise ParseError("JSON parse error - a text holds a null character or half of a surrogate pair")
    elif isinstance(data, dict):
        for name, value in data.items():
            _check(name)
            _check(value)
    elif isinstance(data, list):
        for value in data:
            if not isinstance(value, int | float):
                _check(value)
