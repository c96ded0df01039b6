"""All files of a version in one fixed order, each as a stream of bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from annotation.common.blobs import blobs
from annotation.common.errors import Conflict
from annotation.exports.formats.coco import coco_json
from annotation.exports.formats.datasheet import datasheet_md
from annotation.exports.formats.labels import label_masks, labels_csv, labels_json
from annotation.exports.formats.manifest import manifest_csv
from annotation.exports.formats.paths import image_path, mask_path
from annotation.exports.models import DatasetItem, DatasetVersion, LabelHistory
from mlbackend.contracts import LABELS_CSV, LABELS_JSON

CHUNK = 200


@dataclass(frozen=True)
class ExportFile:
    """A path inside the dataset, and its bytes, which are read when they are asked for."""

    path: str
    chunks: Iterator[bytes]


def films_of(version: DatasetVersion) -> Iterator[tuple[UUID, list[DatasetItem]]]:
    """Films by id with their masks by target; memory holds one chunk."""
    items = DatasetItem.objects.filter(version=version).order_by("image_id", "target")
    for image_id, group in groupby(items.iterator(chunk_size=CHUNK), key=lambda item: item.image_id):
        yield image_id, list(group)


def mask_bytes(item: DatasetItem) -> bytes:
    """The mask's PNG as it was frozen. Raises Conflict where storage holds something else."""
    data = blobs().read(item.row["mask_key"])
    if hashlib.sha256(data).hexdigest() != item.row["mask_sha256"]:
        raise Conflict(
            f"mask {item.mask_id} in storage is not the mask that was frozen",
            field="mask", value=str(item.mask_id), remedy="restore the storage from its backup",
        )  # fmt: skip
    return data


def targets_of(version: DatasetVersion) -> list[str]:
    """Targets of the joined projects, in their order."""
    return [head["target"] for head in version.projects]


def dataset_files(version: DatasetVersion, history: LabelHistory | None = None) -> Iterator[ExportFile]:
    """Films and masks first, then the tables that name them. ``SHA256SUMS`` is the writer's, who sees all bytes.

    With a ``history``, which is ready, its files follow; those before them are the same bytes as without.
    """
    targets = targets_of(version)
    for image_id, items in films_of(version):
        yield ExportFile(image_path(image_id), iter([blobs().read(items[0].row["rendition_key"])]))
        for item in items:
            yield ExportFile(mask_path(image_id, item.target), iter([mask_bytes(item)]))
    yield ExportFile("manifest.csv", manifest_csv(films_of(version), targets, image_path, mask_path))
    yield ExportFile("coco.json", coco_json(version, lambda: films_of(version), targets, image_path, mask_bytes))
    yield ExportFile("datasheet.md", iter([datasheet_md(version).encode()]))
    yield ExportFile("summary.json", iter([summary_json(version)]))
    if history is not None:
        for path, data in label_masks(version, history):
            yield ExportFile(path, iter([data]))
        yield ExportFile(LABELS_CSV, labels_csv(version, history))
        yield ExportFile(LABELS_JSON, iter([labels_json(version, history)]))


def summary_json(version: DatasetVersion) -> bytes:
    """The version's figures for programs."""
    body = {
        "version": version.number,
        "projects": version.projects,
        "created_at": version.created_at.isoformat(),
        "content_sha256": version.content_sha256,
        "note": version.note,
        **version.summary,
    }
    return (json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
