"""Who may see films."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from annotation.accounts.models import User
from annotation.images.models import Image, ProjectImage


def visible_images(user: User) -> QuerySet[Image]:
    """Films of the projects in which the user has any role; a superuser sees all."""
    if not user.is_authenticated:
        return Image.objects.none()
    if user.is_superuser:
        return Image.objects.all()
    mine = ProjectImage.objects.filter(image=OuterRef("pk"), project__memberships__user=user)
    return Image.objects.filter(Exists(mine))
