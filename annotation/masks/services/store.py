"""One mask into storage and database, and its pixels back."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import InvalidInput
from annotation.images.models import Image
from annotation.jobs.models import Job
from annotation.masks.codec import BoolMask, decode_png, encode_png
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.projects.models import Project


def mask_key() -> str:
    """A storage key that says nothing of who drew the mask."""
    return f"masks/{uuid.uuid4()}.png"


def mask_build(
    *,
    project: Project,
    image: Image,
    kind: str,
    mask_hw: NDArray[Any],
    png: bytes = b"",
    convention: str = "",
    **fields: Any,
) -> tuple[Mask, bytes]:
    """A row that is not saved yet and its PNG that is not written yet, for those who write many at once.

    ``png`` spares encoding the same pixels again.
    """
    mask = np.asarray(mask_hw, dtype=bool)
    if mask.shape != (image.height, image.width):
        raise InvalidInput(
            f"the mask has {mask.shape[-1]} x {mask.shape[0]} pixels, its film {image.width} x {image.height}",
            field="mask",
            value=list(mask.shape),
            remedy="give the mask at the film's own resolution",
        )
    data = png or encode_png(mask)
    row = Mask(
        project=project,
        image=image,
        kind=kind,
        storage_key=mask_key(),
        sha256=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
        foreground_pixels=int(np.count_nonzero(mask)),
        convention=convention or project.convention,
        **fields,
    )
    return row, data


def mask_store(
    *,
    project: Project,
    image: Image,
    kind: str,
    mask_hw: NDArray[Any] | None = None,
    png: bytes | None = None,
    author: User | None = None,
    model_version: ModelVersion | None = None,
    job: Job | None = None,
    parents: Iterable[Mask] = (),
    round_number: int = 0,
    confidence: float | None = None,
    disagreement: float | None = None,
    note: dict[str, Any] | None = None,
    convention: str = "",
) -> Mask:
    """Write one mask, given as bool (H, W) or as a PNG of this system, with its lineage. Raises InvalidInput."""
    if (mask_hw is None) == (png is None):
        raise InvalidInput("a mask comes as pixels or as PNG", field="mask", remedy="give one of mask_hw and png")
    if kind not in MaskKind.values:
        raise InvalidInput(
            f"no kind of mask {kind!r}", field="kind", value=kind, remedy=f"use one of {', '.join(MaskKind.values)}"
        )
    row, data = mask_build(
        project=project,
        image=image,
        kind=kind,
        mask_hw=decode_png(png) if png is not None else mask_hw,  # type: ignore[arg-type]
        convention=convention,
        author=author,
        model_version=model_version,
        job=job,
        round_number=round_number,
        confidence=confidence,
        disagreement=disagreement,
        note=note or {},
    )
    # The file first: a file without its row is only waste, a row without its file is a mask that nobody can open.
    blobs().write(row.storage_key, data)
    with transaction.atomic():
        row.save(force_insert=True)
        if ancestors := list(parents):
            row.parents.set(ancestors)
    return row


def mask_read(mask: Mask) -> BoolMask:
    """Pixels of a mask, bool (H, W), at its film's own resolution."""
    return decode_png(blobs().read(mask.storage_key))
