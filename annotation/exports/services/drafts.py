"""The rows of a version to be, film by film, in the order in which they are exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotation.common.errors import Conflict
from annotation.exports.services.effort import Effort, efforts
from annotation.exports.services.splits import TRAIN, group_splits
from annotation.exports.services.steps import STAGE_LABELS, Steps, TruthRow, truths_of
from annotation.images.models import ImageRole, ImageState
from annotation.images.pseudonyms import Pseudonyms
from annotation.masks.models import LISTS_OF_MASKS, MaskKind
from annotation.projects.models import Project
from annotation.rounds.models import RepositoryEntry

CHUNK = 200
UNREAD = (
    "project__protocol",
    *(f"mask__{name}" for name in LISTS_OF_MASKS),
    *(f"project_image__image__{name}" for name in ("features", "quality", "spacing_mm", "window")),
)
"""JSON that no export tells; a network's lists alone are a megabyte, and would be read with every mask it drew."""


@dataclass(frozen=True)
class Draft:
    """One film with one mask of one target."""

    project_id: UUID
    image_id: UUID
    mask_id: UUID
    target: str
    split: str
    provenance: str
    verified: str
    reviewers: list[str]
    active_seconds: float
    row: dict[str, Any]
    labels: dict[str, Any]

    def as_fields(self) -> dict[str, Any]:
        """Fields of a ``DatasetItem``."""
        return dict(self.__dict__)

    def as_json(self) -> dict[str, Any]:
        """What the content hash is taken over: the masks as they are, not how they came to be."""
        ids = {"project_id": str(self.project_id), "image_id": str(self.image_id), "mask_id": str(self.mask_id)}
        content = {**self.__dict__, **ids}
        del content["labels"]
        return content


def drafts(projects: Sequence[Project], *, include_seeds: bool, steps: Mapping[UUID, Steps]) -> Iterator[list[Draft]]:
    """Chunks of drafts by film, then by target; memory holds one chunk and the films' ids. ``steps`` are by project.

    Patients go by the first project's pseudonym key. Raises Conflict for a mask that cannot be ground truth.
    """
    names = Pseudonyms(projects[0].pseudonym_key)
    splits = group_splits(projects)
    entries = RepositoryEntry.objects.filter(project__in=projects, superseded_at__isnull=True).exclude(
        project_image__state=ImageState.EXCLUDED
    )
    if not include_seeds:
        entries = entries.exclude(project_image__role=ImageRole.SEED)
    films = list(
        entries.order_by("project_image__image_id").values_list("project_image__image_id", flat=True).distinct()
    )
    for start in range(0, len(films), CHUNK):
        rows = list(
            entries.filter(project_image__image_id__in=films[start : start + CHUNK])
            .order_by("project_image__image_id", "project__target")
            .select_related(
                "project", "mask__model_version", "mask__author",
                "project_image__image__patient", "project_image__image__source",
            )
            .defer(*UNREAD)
            .prefetch_related("mask__parents")
        )  # fmt: skip
        films_of = [entry.project_image_id for entry in rows]
        done, before = efforts(films_of), truths_of(films_of)
        yield [
            _draft(
                entry, splits, done.get(entry.project_image_id, Effort()), steps[entry.project_id],
                before[entry.project_image_id], names,
            )
            for entry in rows
        ]  # fmt: skip


def _draft(
    entry: RepositoryEntry,
    splits: dict[UUID, str],
    effort: Effort,
    steps: Steps,
    truths: Sequence[TruthRow],
    names: Pseudonyms,
) -> Draft:
    image, mask = entry.project_image.image, entry.mask
    if mask.kind == MaskKind.PROBE:
        raise Conflict(f"mask {mask.pk} is a probe and cannot be ground truth", field="mask", value=str(mask.pk))
    if (mask.width, mask.height) != (image.width, image.height) or mask.image_id != image.pk:
        raise Conflict(
            f"mask {mask.pk} is {mask.width}x{mask.height} of film {mask.image_id}, film {image.pk} is "
            f"{image.width}x{image.height}",
            field="mask", value=str(mask.pk), remedy="correct the film again",
        )  # fmt: skip
    network = mask.model_version
    return Draft(
        project_id=entry.project_id,
        image_id=image.pk,
        mask_id=mask.pk,
        target=entry.project.target,
        split=splits.get(image.patient.split_group, TRAIN),
        provenance=entry.provenance,
        verified=entry.verified,
        reviewers=effort.reviewers,
        active_seconds=round(effort.active_seconds, 3),
        row={
            "patient_id": names.of(image.patient_id, image.patient.identifier),
            "split_group": str(image.patient.split_group),
            "label": image.label,
            "view": image.view,
            "source": image.source.name,
            "license": str(image.metadata.get("license", "")),
            "quality": image.quality_tier,
            "width": image.width,
            "height": image.height,
            "pixel_sha256": image.pixel_sha256,
            "rendition_key": image.rendition_key,
            "role": entry.project_image.role,
            "convention": mask.convention,
            "foreground_pixels": mask.foreground_pixels,
            "mask_version": entry.version,
            "mask_sha256": mask.sha256,
            "mask_kind": mask.kind,
            "mask_author": mask.author.pseudonym if mask.author else "",
            "mask_key": mask.storage_key,
            "parents": sorted(str(parent.pk) for parent in mask.parents.all()),
            "network": network.name if network else "",
            "network_id": str(network.pk) if network else "",
            "network_round": network.round_number if network else None,
            "round": entry.round_number,
        },
        labels={
            **{label: steps.mask_after(label, truths) for label in STAGE_LABELS},
            "active_seconds": steps.seconds_by_label(effort.seconds_of_batch),
        },
    )
