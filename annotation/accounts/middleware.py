"""Sessions end by themselves."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from annotation.accounts.services.sessions import session_check

Handler = Callable[[HttpRequest], HttpResponse]


def session_middleware(get_response: Handler) -> Handler:
    """A session whose time is over, or that lacks a second factor, is nobody's before any view sees it."""

    def handle(request: HttpRequest) -> HttpResponse:
        session_check(request)
        return get_response(request)

    return handle
