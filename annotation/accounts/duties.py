"""Who must have a second factor: those who run the installation, and whoever the apps above this one name."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from annotation.accounts.models import User

_others: list[Callable[[User], bool]] = []


def register_duty(rule: Callable[[User], bool]) -> Callable[[User], bool]:
    """An app's rule of who must have one; called by its ``ready``."""
    if rule not in _others:
        _others.append(rule)
    return rule


def must_have_second_factor(user: User) -> bool:
    """Whether the installation asks it of this person."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    return user.is_staff or user.is_superuser or any(rule(user) for rule in _others)
