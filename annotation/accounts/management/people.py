"""What the commands share."""

from __future__ import annotations

from django.core.management.base import CommandError

from annotation.accounts.models import User


def person_named(username: str) -> User:
    """The account of that name. Raises CommandError with names that are near."""
    user = User.objects.filter(username=username).first()
    if user is None:
        near = ", ".join(User.objects.filter(username__icontains=username[:3]).values_list("username", flat=True)[:10])
        raise CommandError(f"nobody has the name {username!r}" + (f"; there are {near}" if near else ""))
    return user
