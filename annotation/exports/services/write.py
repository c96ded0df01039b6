"""Writing a version's files: into a folder, or as one ZIP stream."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from annotation.common.errors import InvalidInput
from annotation.exports.formats import dataset_files
from annotation.exports.models import DatasetVersion, LabelHistory
from annotation.exports.selectors import check_whole, label_history_get

SUMS = "SHA256SUMS"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP can hold; the version's own time stands in the datasheet."""


def out_check(out: Path) -> None:
    """Raises InvalidInput where a dataset cannot be written to ``out``: it exists and is not an empty folder."""
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise InvalidInput(
            f"{out} exists and is not an empty folder", field="out", value=str(out), remedy="name a new folder"
        )


def dataset_write(version: DatasetVersion, out: Path, *, labels: bool = False) -> Path:
    """Write all files of the version below ``out``, which must not exist or be empty; memory holds one film.

    The folder appears whole or not at all. The same version is the same bytes each time; with ``labels`` its label
    history's files are added. Raises InvalidInput for a folder that is in use, Conflict where storage has changed or
    the history is not ready, StorageError where a file is gone.
    """
    out = Path(out)
    out_check(out)
    check_whole(version)
    history = label_history_get(version) if labels else None
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.part-", dir=out.parent))
    try:
        sums = []
        for file in dataset_files(version, history):
            path = part / file.path
            path.parent.mkdir(exist_ok=True)
            digest = hashlib.sha256()
            with path.open("wb") as target:
                for chunk in file.chunks:
                    digest.update(chunk)
                    target.write(chunk)
            sums.append(f"{digest.hexdigest()}  {file.path}\n")
        (part / SUMS).write_text("".join(sums), encoding="utf-8")
        part.chmod(0o755)
        part.replace(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return out


class _Pipe(io.RawIOBase):
    """A file that cannot be rewound and keeps only what has not been taken yet."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self._held += view
        return view.nbytes

    def take(self) -> bytes:
        """What was written since the last call."""
        data = bytes(self._held)
        self._held.clear()
        return data


def dataset_zip(version: DatasetVersion, *, labels: bool = False) -> Iterator[bytes]:
    """The same files as one ZIP, made while it is read: neither memory nor disk holds it.

    Entries are stored, not deflated: PNG does not shrink, and the bytes then depend on no library's version. Raises
    Conflict at once where the label history is asked for and not ready, Gone where films were withdrawn.
    """
    check_whole(version)
    return _zip(version, label_history_get(version) if labels else None)


def _zip(version: DatasetVersion, history: LabelHistory | None) -> Iterator[bytes]:
    root = f"{version.project.slug}-v{version.number}"
    pipe = _Pipe()
    sums = []
    with contextlib.closing(zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED)) as archive:
        for file in dataset_files(version, history):
            digest = hashlib.sha256()
            with archive.open(_entry(f"{root}/{file.path}"), "w", force_zip64=file.path == "coco.json") as target:
                for chunk in file.chunks:
                    digest.update(chunk)
                    target.write(chunk)
                    if data := pipe.take():
                        yield data
            sums.append(f"{digest.hexdigest()}  {file.path}\n")
        archive.writestr(_entry(f"{root}/{SUMS}"), "".join(sums).encode())
    yield pipe.take()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3
    return entry
