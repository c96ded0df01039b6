"""A ZIP that a person uploads, unpacked without trust in what it says of itself."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings

from annotation.common.errors import InvalidInput
from annotation.common.limits import bytes_in_words, smaller_or_ask, too_large

MAX_FILES = 20_000
MAX_TOTAL_BYTES = 4 * 1024**3
MAX_RATIO = 200
"""Unpacked over packed size of the whole; a film compresses to no less than a hundredth."""
RATIO_FROM_BYTES = 10 * 1024**2
"""Small archives of blank masks may compress well."""
MANIFEST_NAME = "manifest.csv"
SPLIT = "split it, or ask whoever runs the server to import the folder with manage.py import_images"
_PIECE = 1024 * 1024
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError,
    EOFError, RuntimeError, OSError, ValueError, OverflowError,
)  # fmt: skip
"""All that Python's own reader is known to raise for a file that is damaged, or made to harm."""


def archive_unpack(upload: IO[bytes], folder: Path) -> Path:
    """Unpack into an empty folder and return the manifest's path. Raises InvalidInput that names the entry."""
    try:
        with zipfile.ZipFile(upload) as archive:
            entries = [entry for entry in archive.infolist() if not _name(entry).endswith("/")]
            _check(entries)
            left = MAX_TOTAL_BYTES
            for entry in entries:
                left -= _write(archive, entry, folder / _name(entry), left)
    except _BROKEN as error:
        raise _refused(f"the ZIP cannot be unpacked: {error}", getattr(upload, "name", ""), "make it anew") from error
    # Windows and cameras write names in capitals.
    named = (path for path in folder.rglob("*") if path.name.casefold() == MANIFEST_NAME and path.is_file())
    found = sorted(named, key=lambda path: (len(path.parts), str(path)))
    if not found:
        raise _refused(f"the ZIP holds no {MANIFEST_NAME}", getattr(upload, "name", ""), "add it beside the images")
    return found[0]


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's path; some programs on Windows write it with backslashes."""
    return entry.filename.replace("\\", "/")


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise _refused(
            f"the ZIP holds {len(entries):,} files, more than {MAX_FILES:,}", str(len(entries)),
            SPLIT,
        )  # fmt: skip
    names: set[str] = set()
    for entry in entries:
        path = PurePosixPath(_name(entry))
        if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
            raise _refused("a file's path leads out of the ZIP", entry.filename, "make the ZIP from one folder")
        kind = entry.external_attr >> 16
        if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG):
            raise _refused("it holds a link or no plain file", entry.filename, "put the file itself into the ZIP")
        if entry.flag_bits & 0x1:
            raise _refused("a file in it is encrypted", entry.filename, "make the ZIP without a password")
        if entry.file_size > settings.UPLOAD_MAX_BYTES:
            raise _refused(
                f"a file in the ZIP has {too_large(entry.file_size, settings.UPLOAD_MAX_BYTES)}",
                entry.filename, smaller_or_ask("UPLOAD_MAX_BYTES"),
            )  # fmt: skip
        if str(path) in names:
            raise _refused("a file comes twice", entry.filename, "make the ZIP anew")
        names.add(str(path))
    total, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if total > MAX_TOTAL_BYTES or (total > RATIO_FROM_BYTES and total > MAX_RATIO * max(packed, 1)):
        raise _refused(
            f"the ZIP unpacks to {bytes_in_words(total)} from {bytes_in_words(packed)}; "
            f"at most {bytes_in_words(MAX_TOTAL_BYTES)} and {MAX_RATIO} times its size are taken",
            str(total),
            SPLIT,
        )


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Bytes written; what is really unpacked is counted, as a header may lie."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > min(left, settings.UPLOAD_MAX_BYTES):
                raise _refused("a file unpacks to more than is allowed", entry.filename, "make the ZIP anew")
            target.write(piece)
    return written


def _refused(message: str, value: Any, remedy: str) -> InvalidInput:
    return InvalidInput(message, field="file", value=value, remedy=remedy)
