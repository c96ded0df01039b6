"""Checking a name and a password, slowly enough for one who guesses."""

from __future__ import annotations

import hashlib

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.http import HttpRequest

from annotation.accounts.models import User
from annotation.common.errors import DomainError

MAX_FAILURES = 10
FAILURE_WINDOW_SECONDS = 300


class TooManyAttemptsError(DomainError):
    """Too many wrong passwords for one name from one address."""

    status = 429
    code = "too_many_attempts"


class WrongCredentialsError(DomainError):
    """Name or password are wrong; which of them is not told."""

    status = 400
    code = "wrong_credentials"


def credentials_check(request: HttpRequest, *, username: str, password: str) -> User:
    """The person who signs in so.

    Failures are counted by name and address, so that a stranger who guesses cannot lock the person out from elsewhere.
    Raises WrongCredentialsError, or TooManyAttemptsError after ``MAX_FAILURES`` in ``FAILURE_WINDOW_SECONDS`` seconds.
    """
    address = request.META.get("REMOTE_ADDR", "")
    key = "sign-in-" + hashlib.sha256(f"{username.lower()}\0{address}".encode()).hexdigest()
    if cache.get(key, 0) >= MAX_FAILURES:
        raise TooManyAttemptsError(
            "too many wrong passwords for this name", remedy=f"wait {FAILURE_WINDOW_SECONDS // 60} minutes"
        )
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        cache.add(key, 0, FAILURE_WINDOW_SECONDS)
        cache.incr(key)
        raise WrongCredentialsError(
            "this name and this password do not belong together", remedy="check both and try again"
        )
    cache.delete(key)
    return user
