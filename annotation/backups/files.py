"""The storage as a folder of files with their checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from annotation.common.blobs import blobs, blobs_make
from annotation.common.errors import Conflict
from mlbackend.contracts import WORKERS_PREFIX
from mlbackend.storage import FolderStorage, StorageMissingError

FOLDER, LIST = "storage", "files.jsonl"
PASSING = (WORKERS_PREFIX,)
"""Signs of life: of no use to anybody later."""
AT_ONCE = 8
ENOUGH = 256
"""Files in memory at once, at most."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Copied:
    """One file of a backup."""

    key: str
    bytes: int
    sha256: str


def files_copy(folder: Path, on_file: Callable[[int], None] = lambda done: None) -> tuple[list[Copied], int]:
    """Copy all files of the storage into ``folder``; returns what was copied, and how many went away meanwhile."""
    target = FolderStorage(folder / FOLDER)
    keys = [key for key in blobs().list("") if not key.startswith(PASSING)]

    def copy(key: str) -> Copied | None:
        try:
            data = blobs().read(key)
        except StorageMissingError:
            return None
        target.write(key, data)
        return Copied(key, len(data), hashlib.sha256(data).hexdigest())

    copied, gone = [], 0
    for done, one in enumerate(_each(copy, keys), start=1):
        if one is None:
            gone += 1
        else:
            copied.append(one)
        on_file(done)
    with (folder / LIST).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one)) + "\n" for one in copied)
    return copied, gone


def files_listed(folder: Path) -> list[Copied]:
    """The files that a backup says it has."""
    with (folder / LIST).open(encoding="utf-8") as lines:
        return [Copied(**json.loads(line)) for line in lines]


def files_check(folder: Path) -> list[str]:
    """What is wrong with a backup's files, one line each: missing, or another content than was copied."""
    source = FolderStorage(folder / FOLDER)

    def check(one: Copied) -> str:
        try:
            found = hashlib.sha256(source.read(one.key)).hexdigest()
        except StorageMissingError:
            return f"{one.key} is missing"
        return "" if found == one.sha256 else f"{one.key} has checksum {found}, not {one.sha256}"

    return [words for words in _each(check, files_listed(folder)) if words]


def files_restore(folder: Path, on_file: Callable[[int], None] = lambda done: None) -> list[Copied]:
    """Put a backup's files into an empty storage and read each back. Raises Conflict where one comes back changed."""
    blobs_make()
    if any(not key.startswith(PASSING) for key in blobs().list("")):
        raise Conflict("the storage holds files already", field="STORAGE_URL", remedy="restore into an empty one")
    source, listed = FolderStorage(folder / FOLDER), files_listed(folder)

    def put(one: Copied) -> str:
        blobs().write(one.key, source.read(one.key))
        return one.key if hashlib.sha256(blobs().read(one.key)).hexdigest() != one.sha256 else ""

    for done, changed in enumerate(_each(put, listed), start=1):
        if changed:
            raise Conflict(f"{changed} came back changed from the storage", field="STORAGE_URL", value=changed)
        on_file(done)
    return listed


def _each(step: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    """Results of all items, several at once and in order, a bounded number in memory."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(items), ENOUGH):
            yield from pool.map(step, items[start : start + ENOUGH])
