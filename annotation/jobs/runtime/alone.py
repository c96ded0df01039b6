"""One at a time in a folder."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from annotation.common.errors import Conflict


@contextlib.contextmanager
def alone_in(folder: Path, *, field: str, remedy: str) -> Iterator[None]:
    """Nobody else works in this folder meanwhile, also where the other one is killed. Raises Conflict."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                f"another process works in {folder}", field=field, value=str(folder), remedy=remedy
            ) from error
        yield
