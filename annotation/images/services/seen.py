"""Who saw which film, for the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from annotation.accounts.models import User
from annotation.common.audit import audit_seen
from annotation.images.models import ProjectImage

FILM_SEEN = "film.see"
FULL, SMALL = "full", "small"
"""At full size, with masks over it or not; as a thumbnail in a list."""


def film_seen(*, user: User, image_id: UUID, purpose: str = FULL, project_id: UUID | None = None) -> None:
    """Pixels of the film, or of a mask on it, are about to be shown; see ``audit_seen``.

    Where the project is not known it is each one that holds the film and in which the person has a role.
    """

    def projects() -> Iterable[UUID | None]:
        places = ProjectImage.objects.filter(image=image_id)
        if not user.is_superuser:
            places = places.filter(project__memberships__user=user)
        return list(places.order_by().values_list("project", flat=True).distinct()) or [None]

    audit_seen(
        FILM_SEEN, "images.image", image_id, actor=user, project_id=project_id, projects=projects, purpose=purpose
    )  # fmt: skip
