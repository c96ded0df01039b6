"""Browsers in which somebody has signed in before: their failures are counted apart, so that a stranger who guesses at
a name keeps nobody from work at the usual desk."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from annotation.accounts.models import User

COOKIE = "groundwork_browser"
SALT = "groundwork.browser"
MAX_AGE_SECONDS = 400 * 86_400
MOST_PEOPLE = 20
"""A reading room's machine is many people's; the last ones are known."""


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_SECONDS)
        return str(found["browser"]), [str(one) for one in found["people"]]
    except (signing.BadSignature, KeyError, TypeError):
        return "", []


def known_browser(request: HttpRequest, user: User | None) -> str:
    """Random name of the browser, where the person has signed in by it before; else empty."""
    browser, people = _read(request)
    return browser if user is not None and str(user.pk) in people else ""


def remember_browser(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """After a whole sign-in."""
    browser, people = _read(request)
    people = [str(user.pk), *(one for one in people if one != str(user.pk))][:MOST_PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps({"browser": browser or secrets.token_hex(8), "people": people}, salt=SALT, compress=True),
        max_age=MAX_AGE_SECONDS,
        path="/api/",
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
