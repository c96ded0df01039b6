"""A whole import that was a mistake, taken back while nobody has used what it brought."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, Missing
from annotation.images.models import ProjectImage
from annotation.masks.models import FilmImport, FilmImportItem, Mask
from annotation.projects.guards import require_admin, require_in_use
from annotation.projects.models import Project


@transaction.atomic
def import_take_back(*, project: Project, import_id: UUID, actor: User) -> FilmImport:
    """The films and masks that the import brought leave the project, all of them or none.

    Films stay known to the installation and in other projects. Raises NotAllowed, Missing, or Conflict where the import
    is taken back already, a later one brought masks for its films, or anything refers to what it brought: a round, a
    task, a network's mask, a truth, a screening decision.
    """
    require_admin(actor, project)
    # The engine chooses films under the same lock.
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_in_use(row)
    film_import = FilmImport.objects.select_for_update(no_key=True).filter(project=row, pk=import_id).first()
    if film_import is None:
        raise Missing("this project has no such import", field="import", value=str(import_id))
    if film_import.taken_back_at is not None:
        raise Conflict(
            "this import was taken back already", code="taken_back", field="import", value=str(import_id),
            remedy="reload the page",
        )  # fmt: skip
    items = FilmImportItem.objects.filter(film_import=film_import)
    brought = items.filter(is_film=True).values("image")
    films = ProjectImage.objects.filter(project=row, image__in=brought)
    masks = Mask.objects.filter(project=row, pk__in=items.exclude(mask=None).values("mask"))
    _refuse_what_others_brought(film_import, brought)
    _refuse_what_is_used(row, brought, masks)
    keys = list(masks.values_list("storage_key", flat=True))
    counts = {"films": films.count(), "masks": len(keys)}
    try:
        with transaction.atomic():
            masks.delete()
            films.delete()
    except ProtectedError as error:
        used = sorted({str(one._meta.verbose_name) for one in error.protected_objects})
        raise _used(f"what it brought is in use: {', '.join(used)}") from error
    film_import.taken_back_at = timezone.now()
    film_import.save(update_fields=["taken_back_at"])
    audit_record("images.import_taken_back", film_import, actor=actor, project_id=row.pk, **counts)
    transaction.on_commit(partial(_forget, keys), robust=True)
    return film_import


def _refuse_what_others_brought(film_import: FilmImport, brought: Any) -> None:
    others = FilmImportItem.objects.filter(
        film_import__project=film_import.project_id, film_import__taken_back_at=None, image__in=brought
    ).exclude(film_import=film_import)  # fmt: skip
    count = others.values("image").distinct().count()
    if count:
        raise _used(f"another import brought masks for {count} of its films", "take that import back first")


def _refuse_what_is_used(project: Project, brought: Any, masks: QuerySet[Mask]) -> None:
    # Not all of these would stop the rows from being deleted.
    drawn = Mask.objects.filter(project=project, image__in=brought).exclude(pk__in=masks)
    children = Mask.objects.filter(parents__in=masks)
    if count := drawn.count() + children.count():
        raise _used(f"{count} masks were made of its films since")


def _used(message: str, remedy: str = "take films out by screening instead") -> Conflict:
    return Conflict(message, code="import_used", field="import", remedy=remedy)


def _forget(keys: list[str]) -> None:
    for key in keys:
        blobs().delete(key)
