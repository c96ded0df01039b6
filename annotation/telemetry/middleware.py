"""Each request gets an id, is counted and timed, and leaves a line in the log where that is wished."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from annotation.telemetry.requests import count_request
from mlbackend.environment import read
from mlbackend.logs import bound, sane_request_id

HEADER = "X-Request-ID"
log = logging.getLogger(__name__)


def telemetry_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take a sane ``X-Request-ID`` over or make one, bind it while the request is worked on, and send it back."""
    lines = bool(read("LOG_REQUESTS"))

    def handle(request: HttpRequest) -> HttpResponse:
        given = sane_request_id(request.headers.get(HEADER))
        with bound(request=given, job=""):
            began = time.perf_counter()
            response = get_response(request)
            seconds = time.perf_counter() - began
            response[HEADER] = given
            view = view_of(request)
            count_request(view, request.method or "", response.status_code, seconds)
            if lines:
                log.info(
                    "%s %s %s",
                    request.method,
                    view,
                    response.status_code,
                    extra=_fields(request, view, response, seconds),
                )
        return response

    return handle


def view_of(request: HttpRequest) -> str:
    """Route of the request's view, with names in place of what stands in the address: no project, film or person."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None else "none"


def _fields(request: HttpRequest, view: str, response: HttpResponse, seconds: float) -> dict[str, object]:
    user = getattr(request, "user", None)
    return {
        "method": request.method,
        "view": view,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 1),
        "person": str(user.pk) if user is not None and user.is_authenticated else None,
    }
