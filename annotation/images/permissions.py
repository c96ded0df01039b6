"""Who may see films."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from annotation.accounts.models import User
from annotation.images.models import Image, ProjectImage

Alias = Callable[[UUID], UUID | None]
_aliases: list[Alias] = []


def register_film_alias(rule: Alias) -> Alias:
    """Let an app show a film under another id than its own; called once, at start-up."""
    if rule not in _aliases:
        _aliases.append(rule)
    return rule


def film_by_alias(alias: UUID) -> UUID | None:
    """Id of the film that is shown under this one; None where there is none."""
    return next((film for rule in _aliases if (film := rule(alias)) is not None), None)


def visible_images(user: User) -> QuerySet[Image]:
    """Films of the projects in which the user has any role; a superuser sees all. Nobody sees a withdrawn film."""
    if not user.is_authenticated:
        return Image.objects.none()
    films = Image.objects.filter(withdrawn_at=None)
    if user.is_superuser:
        return films
    mine = ProjectImage.objects.filter(image=OuterRef("pk"), project__memberships__user=user)
    return films.filter(Exists(mine))
