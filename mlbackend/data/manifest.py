"""Training samples from a manifest CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlbackend.contracts import Split, TrainSample
from mlbackend.data.splits import split_by_patient
from mlbackend.storage import DATA

MOST_NAMED = 12


class ManifestError(ValueError):
    """A manifest, or a choice of its rows, that cannot be used."""


def read_rows(path: Path, where: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a file; see ``rows_of``."""
    return rows_of(path.read_text(encoding="utf-8-sig"), where, f"manifest {path}")


def rows_of(text: str, where: Sequence[str], told: str) -> list[dict[str, str]]:
    """Rows whose columns have the given values; ``where`` holds COLUMN=VALUE texts. Raises ManifestError.

    Conditions on several columns must all hold; of several on one column, one. ``told`` names the manifest in errors.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns, rows = list(reader.fieldnames or []), list(reader)
    if "image" not in columns:
        raise ManifestError(f"{told}: column 'image' is missing; it holds the paths of the films")
    wanted: dict[str, set[str]] = {}
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals or column not in columns:
            raise ManifestError(f"--where {condition!r}: use COLUMN=VALUE with one of {', '.join(columns)}")
        wanted.setdefault(column, set()).add(value)
    for column, values in wanted.items():
        there = {row[column] for row in rows}
        if missing := sorted(values - there):
            known = ", ".join(sorted(there)[:MOST_NAMED])
            condition = f"{column}={missing[0]}"
            raise ManifestError(f"--where {condition!r}: no row has {condition}; there are {known or 'no rows'}")
        rows = [row for row in rows if row[column] in values]
    return rows


def read_samples(
    path: Path, where: Sequence[str], target: str, *, validation: float, seed: int, limit: int | None = None
) -> list[TrainSample]:
    """Films with a mask of ``target``, split by patient; a film without ``patient_id`` is a patient of its own.

    Keys are paths in the manifest's folder, behind ``storage.DATA``. Raises ManifestError.
    """
    column = f"mask_{target}"
    rows = [row for row in read_rows(path, where) if row.get(column)]
    if limit is not None and limit < len(rows):
        chosen = np.random.default_rng(seed).permutation(len(rows))[:limit]
        rows = [rows[index] for index in sorted(chosen)]
    if len(rows) < 2:
        raise ManifestError(f"manifest {path}: {len(rows)} rows have a {column!r}; at least 2 are needed")
    patients = [row.get("patient_id") or f"film:{row['image']}" for row in rows]
    held_out = split_by_patient(patients, validation, seed)
    return [
        TrainSample(
            row["image"], DATA + row["image"], DATA + row[column], patient, Split.VALIDATION if held else Split.TRAIN
        )
        for row, patient, held in zip(rows, patients, held_out, strict=True)
    ]
