"""Reading masks: pixels for their viewer, lineage for researchers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, Missing
from annotation.masks.codec import encode_png, pad_png
from annotation.masks.display import resampled
from annotation.masks.models import LISTS_OF_MASKS, Mask
from annotation.masks.outlines import outline_key, outline_make
from annotation.masks.permissions import Shown, can_see_mask, is_blind, mask_by_alias
from annotation.masks.services.store import mask_read
from annotation.projects.models import Project
from mlbackend.storage import StorageMissingError

DEEPEST = 100
"""Ancestors are followed no further; a mask corrected so often has another problem."""


def mask_get(*, user: User, mask_id: UUID) -> Shown:
    """A mask that the user may see, also by an id under which he is shown it; else Missing, so that nobody learns which
    masks exist.
    """
    mask = Mask.objects.select_related("project").filter(pk=mask_id, image__withdrawn_at=None).first()
    if mask is None and (shown := mask_by_alias(user, mask_id)):
        return shown
    if mask is None or not can_see_mask(user, mask):
        raise Missing("no such mask, or none that you may see", field="mask", value=str(mask_id))
    return Shown(mask)


def display_png(shown: Shown) -> bytes:
    """The mask as 1-bit PNG, encoded anew: workers and people's browsers write PNG each in their own way, and that way
    would tell a blind reviewer who drew it. Padded, so that its length does not tell ragged outlines from smooth ones.
    """
    mask = shown.mask
    try:
        pixels = mask_read(mask)
        pixels = resampled(pixels, shown.at) if shown.at else pixels
        return pad_png(encode_png(pixels), width=mask.width, height=mask.height)
    except StorageMissingError as error:
        raise Missing(
            "the mask's file is lost from storage", field="mask", value=str(mask.pk), remedy="restore the storage"
        ) from error


def outline_png(shown: Shown) -> bytes:
    """The mask's outline at the size of its film's thumbnail, on nothing: made once and kept, the same way for all.

    Raises Missing for a mask that is shown through another size: its own outline is what that hides.
    """
    mask = shown.mask
    if shown.at is not None:
        raise Missing("no such mask, or none that you may see", field="mask", value=str(mask.pk))
    key, storage = outline_key(mask.pk), blobs()
    try:
        return storage.read(key)
    except StorageMissingError:
        pass
    try:
        data = outline_make(mask_read(mask))
    except StorageMissingError as error:
        raise Missing(
            "the mask's file is lost from storage", field="mask", value=str(mask.pk), remedy="restore the storage"
        ) from error
    storage.write(key, data)
    return data


def mask_lineage(*, project: Project, mask_id: UUID, user: User) -> dict[str, Any]:
    """A mask with its network, author and job, and all masks that it was made from, nearest first.

    Raises Missing, or Conflict while the user, who is also a reviewer, may still have to judge the film.
    """
    rows = Mask.objects.filter(project=project, image__withdrawn_at=None).select_related("model_version", "author")
    rows = rows.defer(*LISTS_OF_MASKS)
    mask = rows.filter(pk=mask_id).first()
    if mask is None:
        raise Missing("no such mask in this project", field="mask", value=str(mask_id))
    if is_blind(user, mask):
        raise Conflict(
            "this film is being read, and you are one of its readers", code="reading_is_blind",
            remedy="look again when its tasks are settled",
        )  # fmt: skip
    ancestors: list[Mask] = []
    seen = {mask.pk}
    layer = [mask.pk]
    while layer and len(ancestors) < DEEPEST:
        found = list(rows.filter(children__in=layer).exclude(pk__in=seen).distinct())
        ancestors += found
        layer = [parent.pk for parent in found]
        seen.update(layer)
    return {
        **_described(mask),
        "parents": [str(key) for key in mask.parents.order_by("created_at").values_list("pk", flat=True)],
        "children": [str(key) for key in mask.children.order_by("created_at").values_list("pk", flat=True)],
        "ancestors": [_described(parent) for parent in ancestors],
    }


def _described(mask: Mask) -> dict[str, Any]:
    model = mask.model_version
    return {
        "id": str(mask.pk),
        "image": str(mask.image_id),
        "kind": mask.kind,
        "convention": mask.convention,
        "round_number": mask.round_number,
        "created_at": mask.created_at,
        "width": mask.width,
        "height": mask.height,
        "foreground_pixels": mask.foreground_pixels,
        "sha256": mask.sha256,
        "confidence": mask.confidence,
        "disagreement": mask.disagreement,
        # The file that a seed's mask came in may be named after a patient.
        "note": {key: value for key, value in mask.note.items() if key != "file"},
        "job": str(mask.job_id) if mask.job_id else None,
        "author": mask.author.pseudonym if mask.author else None,
        "network": None
        if model is None
        else {
            "id": str(model.pk),
            "name": model.name,
            "purpose": model.purpose,
            "round_number": model.round_number,
            "validation_dsc": model.validation_dsc,
            "data_hash": model.data_hash,
            "weights_sha256": model.weights_sha256,
        },
    }
