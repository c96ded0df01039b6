"""Who may do what to the installation itself, outside any project."""

from __future__ import annotations

from annotation.accounts.models import User


def can_manage_people(user: User) -> bool:
    """Superusers make accounts and see them all."""
    return bool(user.is_authenticated and user.is_active and user.is_superuser)


def can_create_projects(user: User) -> bool:
    """Staff and superusers set projects up; whoever does becomes the project's admin."""
    return bool(user.is_authenticated and user.is_active and (user.is_staff or user.is_superuser))
