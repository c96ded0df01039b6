"""``manifest.csv``: one row a film, with the import's columns and those that say how each mask came to be."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from annotation.exports.models import DatasetItem

FILM_COLUMNS = ("patient_id", "label", "view", "source", "license", "quality", "width", "height", "split_group")
MASK_COLUMNS = (
    "provenance",
    "verified",
    "reviewers",
    "active_seconds",
    "convention",
    "mask_kind",
    "mask_author",
    "mask_id",
    "mask_version",
    "mask_sha256",
    "parents",
    "network",
    "network_id",
    "network_round",
    "round",
)
LIST_SEPARATOR = ";"


def columns(targets: list[str], *, film_id: bool = False) -> list[str]:
    """Header; where targets are joined, a mask's columns carry the target: ``provenance_lung``."""
    names = [*(["film_id"] if film_id else []), "image", "mask_lung", "mask_infection", *FILM_COLUMNS, "split"]
    for target in targets:
        names += [_column(name, target, targets) for name in MASK_COLUMNS]
    return names


def _column(name: str, target: str, targets: list[str]) -> str:
    return name if len(targets) == 1 else f"{name}_{target}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return LIST_SEPARATOR.join(value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def manifest_csv(
    films: Iterable[tuple[UUID, list[DatasetItem]]],
    targets: list[str],
    image_path: Callable[[UUID], str],
    mask_path: Callable[[UUID, str], str],
    *,
    film_id: bool = False,
) -> Iterator[bytes]:
    """Header and rows, UTF-8, lines end with a newline; ``film_id`` adds a column for paths that do not name films."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns(targets, film_id=film_id), restval="", lineterminator="\n")
    writer.writeheader()
    for image_id, items in films:
        first = items[0]
        row = {name: _text(first.row[name]) for name in FILM_COLUMNS}
        row |= {"image": image_path(image_id), "split": first.split}
        if film_id:
            row["film_id"] = str(image_id)
        for item in items:
            values = {
                **item.row,
                "provenance": item.provenance,
                "verified": item.verified,
                "reviewers": item.reviewers,
                "active_seconds": float(item.active_seconds),
                "mask_id": str(item.mask_id),
            }
            row[f"mask_{item.target}"] = mask_path(image_id, item.target)
            row |= {_column(name, item.target, targets): _text(values[name]) for name in MASK_COLUMNS}
        writer.writerow(row)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()
