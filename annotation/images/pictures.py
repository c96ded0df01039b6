"""Pictures over HTTP: cached by their viewer alone, revalidated without being read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

MAX_AGE = 24 * 3600


class AnyAccept(BaseContentNegotiation):
    """An ``<img>`` asks for pictures, not for JSON; errors are JSON all the same."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first: pictures are only read."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first, whatever the client says it accepts."""
        return renderers[0], renderers[0].media_type


def png_response(
    request: Request, tag: str, read: Callable[[], bytes], content_type: str = "image/png"
) -> HttpResponse:
    """A picture that never changes, under an entity tag; 304 without a call of ``read`` where the viewer has it.

    ``tag`` is made of ids only: a hash of the content or a time would tell masks of one network from another's.
    """
    quoted = f'"{tag}"'
    known = {part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")}
    response = HttpResponse(status=304) if quoted in known else HttpResponse(read(), content_type=content_type)
    response["ETag"] = quoted
    response["Cache-Control"] = f"private, max-age={MAX_AGE}, immutable"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response
