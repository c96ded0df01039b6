"""Who asks."""

from __future__ import annotations

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from annotation.accounts.models import User


def person_of(request: Request) -> User:
    """The person who is signed in; a stranger gets a 401."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
