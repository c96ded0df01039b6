"""The label history beside an exported dataset: what each film's masks were after each step of the protocol."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlbackend.contracts import FINAL, LABELS, LABELS_CSV, LABELS_FORMAT, LABELS_JSON, LABELS_VERSION, Message
from mlbackend.data.manifest import ManifestError
from mlbackend.storage import DATA, FolderStorage, Storage, StorageKeyError

_COLUMNS = ("image", "target", "label", "mask", "mask_sha256", "active_seconds", "network_saw")


@dataclass(frozen=True)
class LabelMask(Message):
    """One row of ``labels.csv``."""

    key: str
    """Path below the dataset's folder, behind ``storage.DATA``."""
    sha256: str
    """Of the PNG file."""
    active_seconds: float
    """People's time on the film in this label set's own step."""
    network_saw: str
    """What the network that drew the candidate knew of the film: ``trained``, ``selected``, ``related`` or empty."""


@dataclass(frozen=True)
class LabelHistory:
    """All rows by film and task, then by label set, and what ``labels.json`` says of the steps."""

    masks: dict[tuple[str, str], dict[str, LabelMask]]
    steps: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By task and label set: ``stage``, ``name``, ``kind`` and ``state`` of the stage that it stands for."""


def ordered(label_sets: Sequence[str]) -> list[str]:
    """Each once, in the order in which people worked."""
    return [name for name in LABELS if name in label_sets]


def read_history(tables: Storage, files: Storage, label_sets: Sequence[str]) -> LabelHistory | None:
    """The history that ``tables`` hold; None where only final masks are asked for. Raises ManifestError.

    A file that labels.csv names is there among ``files``, and unchanged.
    """
    wanted = [name for name in ordered(label_sets) if name != FINAL]
    if not wanted:
        return None
    option = f"--labels {' '.join(ordered(label_sets))}"
    for name in (LABELS_CSV, LABELS_JSON):
        if not tables.exists(name):
            place = str(tables.root) if isinstance(tables, FolderStorage) else "the dataset"
            raise ManifestError(
                f"{option}: {place} has no {name}, so its earlier masks are not known; download the version with its "
                "label history (a dataset that was not exported has none), or leave --labels out"
            )
    steps = _steps(tables.read(LABELS_JSON), option)
    masks: dict[tuple[str, str], dict[str, LabelMask]] = {}
    for row in _rows(tables.read(LABELS_CSV), option):
        mask = LabelMask(DATA + row["mask"], row["mask_sha256"], float(row["active_seconds"] or 0), row["network_saw"])
        masks.setdefault((row["image"], row["target"]), {})[row["label"]] = mask
    checked: set[str] = set()
    for (film, task), by_set in masks.items():
        for name in LABELS:
            if name not in by_set:
                raise ManifestError(f"{option}: {LABELS_CSV} has no {name!r} mask of {task} for {film!r}; export again")
            if name in wanted:
                _check_file(files, by_set[name], film, checked)
    return LabelHistory(masks, steps)


def _steps(data: bytes, option: str) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        told = json.loads(data.decode())
        if (told["format"], told["version"]) != (LABELS_FORMAT, LABELS_VERSION):
            raise ManifestError(
                f"{option}: {LABELS_JSON} is {told['format']!r} version {told['version']!r}, not {LABELS_FORMAT!r} "
                f"version {LABELS_VERSION}; export again, or use the program that fits it"
            )
        return {head["target"]: {step["label"]: step for step in head["steps"]} for head in told["projects"]}
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(
            f"{option}: {LABELS_JSON} cannot be read ({error!r}); download the version again"
        ) from error


def _rows(data: bytes, option: str) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ManifestError(f"{option}: {LABELS_CSV} has no column {missing[0]!r}; download the version again")
    return list(reader)


def _check_file(files: Storage, mask: LabelMask, film: str, checked: set[str]) -> None:
    name = mask.key.removeprefix(DATA)
    if name in checked:
        return
    checked.add(name)
    try:
        there = files.exists(name)
    except StorageKeyError:
        there = False
    if not there:
        raise ManifestError(f"mask {name!r} of film {film!r} in {LABELS_CSV} is not there; copy the data again")
    if hashlib.sha256(files.read(name)).hexdigest() != mask.sha256:
        raise ManifestError(f"mask {name!r} of film {film!r} is not the one that {LABELS_CSV} names; copy it again")


def hash_of(masks: Mapping[tuple[str, str], Mapping[str, LabelMask]], label_set: str) -> str:
    """Sha256 over the masks of a label set: film, task and the file's own sum."""
    digest = hashlib.sha256()
    for (film, task), by_set in sorted(masks.items()):
        line = json.dumps([film, task, by_set[label_set].sha256], ensure_ascii=False)
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
