"""``labels.csv``, ``labels.json`` and ``labels/``: which mask each film had after each step of its protocol."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from annotation.common.blobs import blobs
from annotation.common.errors import Conflict
from annotation.exports.formats.paths import image_path, mask_path
from annotation.exports.models import DatasetItem, DatasetVersion, LabelCandidate, LabelHistory
from mlbackend.contracts import (
    CANDIDATE,
    FINAL,
    LABELS,
    LABELS_FOLDER,
    LABELS_FORMAT,
    LABELS_VERSION,
)

COLUMNS = (
    "image",
    "target",
    "label",
    "mask",
    "mask_sha256",
    "mask_id",
    "step",
    "provenance",
    "round",
    "active_seconds",
    "network_saw",
)
CHUNK = 200


@dataclass(frozen=True)
class LabelRow:
    """One film's mask of one target under one label. Fields up to ``network_saw`` are ``labels.csv``'s columns."""

    image: str
    target: str
    label: str
    mask: str
    """Path of the PNG; the film's own file among ``masks_TARGET`` where it is the final mask."""
    mask_sha256: str
    mask_id: str
    step: str
    """The label in whose step this mask came to count: ``candidate`` where nobody had settled the film yet."""
    provenance: str
    round: int
    active_seconds: float
    """People's time on the film in this label's own step, whatever became of it."""
    network_saw: str
    film_id: str
    mask_key: str


def label_rows(version: DatasetVersion, history: LabelHistory) -> Iterator[LabelRow]:
    """Four rows a film and target, by film, target and label; memory holds one chunk."""
    networks = {head["slug"]: head["network"] for head in (version.labels or {})["projects"]}
    targets = {head["target"]: head["slug"] for head in version.projects}
    candidates = LabelCandidate.objects.filter(history=history).select_related("item")
    for candidate in candidates.order_by("item__image_id", "item__target").iterator(chunk_size=CHUNK):
        network = networks[targets[candidate.item.target]]
        yield from _of_item(candidate, network["round"])


def _of_item(candidate: LabelCandidate, network_round: int) -> Iterator[LabelRow]:
    item = candidate.item
    kept = item.labels or {}
    masks: dict[str, dict[str, Any]] = {
        CANDIDATE: {
            "mask_id": str(candidate.mask_id), "mask_key": candidate.mask_key, "mask_sha256": candidate.mask_sha256,
            "provenance": CANDIDATE, "round": network_round,
        },
        FINAL: {
            "mask_id": str(item.mask_id), "mask_key": item.row["mask_key"], "mask_sha256": item.row["mask_sha256"],
            "provenance": item.provenance, "round": item.row["round"],
        },
    }  # fmt: skip
    step = CANDIDATE
    before = masks[CANDIDATE]
    for label in LABELS:
        mask = masks.get(label) or kept[label] or masks[CANDIDATE]
        # A mask that is kept or only confirmed counted before; a network's counts from when a person settled on it.
        if mask["mask_id"] != before["mask_id"] or (step == CANDIDATE and mask["provenance"] != CANDIDATE):
            step = label
        before = mask
        yield LabelRow(
            image=image_path(item.image_id),
            target=item.target,
            label=label,
            mask=_path(item, mask["mask_sha256"]),
            mask_sha256=mask["mask_sha256"],
            mask_id=mask["mask_id"],
            step=step,
            provenance=mask["provenance"],
            round=mask["round"],
            active_seconds=kept["active_seconds"].get(label, 0.0),
            network_saw=candidate.network_saw,
            film_id=str(item.image_id),
            mask_key=mask["mask_key"],
        )


def _path(item: DatasetItem, sha256: str) -> str:
    if sha256 == item.row["mask_sha256"]:
        return mask_path(item.image_id, item.target)
    return f"{LABELS_FOLDER}/{sha256}.png"


def rows_hash(rows: Iterable[LabelRow]) -> str:
    """Sha256 over what ``labels.csv`` says of each row."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(_fields(row), separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _fields(row: LabelRow) -> list[str]:
    return [f"{value:.3f}" if isinstance(value, float) else str(value) for value in map(row.__getattribute__, COLUMNS)]


def label_masks(version: DatasetVersion, history: LabelHistory) -> Iterator[tuple[str, bytes]]:
    """Path and PNG of each mask that is no final one, once by content. Raises Conflict where storage has changed."""
    written: set[bytes] = set()
    for row in label_rows(version, history):
        content = bytes.fromhex(row.mask_sha256)
        if not row.mask.startswith(f"{LABELS_FOLDER}/") or content in written:
            continue
        written.add(content)
        data = blobs().read(row.mask_key)
        if hashlib.sha256(data).digest() != content:
            raise Conflict(
                f"mask {row.mask_id} in storage is not the mask that the label history names", field="mask",
                value=row.mask_id, remedy="restore the storage from its backup",
            )  # fmt: skip
        yield row.mask, data


def labels_csv(version: DatasetVersion, history: LabelHistory, *, by_key: bool = False) -> Iterator[bytes]:
    """Header and rows, UTF-8, lines end with a newline; ``by_key`` gives films by id and masks by storage key."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in label_rows(version, history):
        writer.writerow(_fields(replace(row, image=row.film_id, mask=row.mask_key) if by_key else row))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def labels_json(version: DatasetVersion, history: LabelHistory) -> bytes:
    """Networks with their weights' sums, what each label stands for, counts, and the hash over the rows."""
    counts = {one["slug"]: one for one in history.summary["projects"]}
    body = {
        "format": LABELS_FORMAT,
        "version": LABELS_VERSION,
        "labels": list(LABELS),
        "dataset": {
            "project": version.projects[0]["slug"], "number": version.number, "content_sha256": version.content_sha256,
        },
        "content_sha256": history.content_sha256,
        "projects": [{**head, **counts[head["slug"]]} for head in (version.labels or {})["projects"]],
    }  # fmt: skip
    return (json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
