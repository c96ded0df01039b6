"""Paths of a manifest stay inside its folder."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from annotation.common.errors import InvalidInput
from annotation.common.limits import smaller_or_ask, too_large


def safe_path(root: Path, relative: str, *, field: str) -> Path:
    """The file that a row names, by slashes or as Windows writes it.

    Raises InvalidInput for a path that leaves ``root`` or names no file.
    """
    stated, relative = relative, relative.replace("\\", "/")
    climbs = (
        PurePosixPath(relative).is_absolute()
        or bool(PureWindowsPath(relative).drive)
        or "\0" in relative
        or ".." in PurePosixPath(relative).parts
    )
    folder = root.resolve()
    try:
        path = folder if climbs else (folder / relative).resolve()
    except (OSError, RuntimeError, ValueError):
        path = folder
        climbs = True
    if climbs or not path.is_relative_to(folder):
        raise InvalidInput(
            "the path leads out of the manifest's folder", field=field, value=stated,
            remedy="put the file into the manifest's folder and name it by its path from there",
        )  # fmt: skip
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise InvalidInput(
            "there is no such file", field=field, value=stated,
            remedy="put the file in its place, or correct or remove the row",
        )  # fmt: skip
    return path


def read_bytes(path: Path, *, limit: int, field: str, value: str) -> bytes:
    """Content of a file of at most ``limit`` bytes, looked at before it is read. Raises InvalidInput."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise InvalidInput(
                f"the file has {too_large(size, limit)}", field=field, value=value,
                remedy=smaller_or_ask("UPLOAD_MAX_BYTES"),
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be read: {error.strerror}", field=field, value=value, remedy="check its permissions"
        ) from error
