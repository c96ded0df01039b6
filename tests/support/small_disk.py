"""A disk that is soon full: a tmpfs of a few megabytes, mounted for one test."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


class SmallDisk:
    """A mounted folder and the ballast that fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Until only ``leave`` bytes are free."""
        block = bytes(64 * 1024)
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while file.write(block) == len(block):
                pass
        size = self._ballast.stat().st_size
        with self._ballast.open("ab") as file:
            file.truncate(max(0, size - leave))

    def free(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount it on the folder. Raises RuntimeError with words where this user may mount nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"no small disk can be mounted ({done.stderr.strip()}): run this test as root, in a container with the "
            "capability SYS_ADMIN"
        )
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a process that was killed may still be leaving.
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
