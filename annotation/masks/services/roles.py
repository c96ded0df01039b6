"""A film that was imported as seed and is a pool film, or the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.masks.models import Mask, MaskKind
from annotation.projects.guards import require_admin, require_in_use
from annotation.projects.models import Project, ProjectState

AT_ONCE = 500


@dataclass
class RoleChange:
    """Films by their ids, in the order in which they were named."""

    changed: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    """They have this role already."""
    refused: list[tuple[UUID, str]] = field(default_factory=list)
    """With the reason."""


@transaction.atomic
def films_change_role(project: Project, *, images: Sequence[UUID], role: str, actor: User) -> RoleChange:
    """Make films seeds or pool films until the project starts, which fixes its seeds and its validation pool.

    A seed keeps its mask when it becomes a pool film, where nobody is shown it, so that it can be a seed again. Each
    film that cannot be changed is told with its reason. Raises NotAllowed, InvalidInput, or Conflict after the start.
    """
    require_admin(actor, project)
    if role not in ImageRole.values:
        raise InvalidInput(f"role is {role!r}", field="role", value=role, remedy=f"use {' or '.join(ImageRole.values)}")
    # A start locks the same row: no film changes while the seeds are taken.
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_in_use(row)
    if row.state != ProjectState.SETUP:
        raise Conflict(
            f"project {row.slug} is {row.state}: its start has fixed seeds and validation pool", code="roles_fixed",
            field="role", value=role, remedy="take pool films out by screening, or make a new project",
        )  # fmt: skip
    change = RoleChange()
    wanted = list(dict.fromkeys(images))
    for start in range(0, len(wanted), AT_ONCE):
        _change(row, wanted[start : start + AT_ONCE], role, change)
    if change.changed:
        audit_record(
            "films.change_role", row, actor=actor, project_id=row.pk, role=role,
            films=[str(image) for image in change.changed],
        )  # fmt: skip
    return change


def _change(project: Project, images: list[UUID], role: str, change: RoleChange) -> None:
    rows = ProjectImage.objects.filter(project=project, image__in=images, image__withdrawn_at=None)
    films = {film.image_id: film for film in rows}
    masks = Mask.objects.filter(project=project, image__in=images, kind=MaskKind.SEED)
    drawn = set(masks.values_list("image_id", flat=True))
    for image in images:
        film = films.get(image)
        if film is None:
            change.refused.append((image, "this project has no such film"))
        elif film.role == role:
            change.unchanged.append(image)
        elif film.state == ImageState.EXCLUDED:
            change.refused.append((image, "it was taken out by screening: bring it back first"))
        elif role == ImageRole.SEED and image not in drawn:
            change.refused.append((image, "it came without a mask: take its import back and import it as a seed"))
        else:
            film.role = role
            film.state = ImageState.SETTLED if role == ImageRole.SEED else ImageState.WAITING
            film.save(update_fields=["role", "state"])
            change.changed.append(image)
