"""Whose request it is."""

from __future__ import annotations

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from annotation.accounts.models import User


def person(request: Request) -> User:
    """The user who signed in; raises NotAuthenticated for nobody, which the views' permission lets in nowhere."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
