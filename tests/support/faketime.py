"""A clock for some processes alone, by libfaketime. ``python -m tests.support.faketime`` prints the library's path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


def find_faketime() -> Path | None:
    """Path of GROUNDWORK_FAKETIME, else of Debian's library for processes with threads."""
    if given := os.environ.get("GROUNDWORK_FAKETIME"):
        return Path(given) if Path(given).is_file() else None
    return next((found for place in PLACES for found in Path("/").glob(place.lstrip("/"))), None)


def install_faketime() -> None:
    """By the system's packages where this user may; does nothing elsewhere."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "libfaketime"]):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


SLEEP = """
# libfaketime 0.9 takes the monotonic time until which Python sleeps for one of the clock that it sets.
import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


class Clock:
    """The clock of processes that are started with ``environment``; as it is until it is set."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._offset, self._library, self._site = folder / "clock", library, folder / "site"
        self._site.mkdir()
        (self._site / "sitecustomize.py").write_text(SLEEP)
        self.set(0)

    @property
    def environment(self) -> dict[str, str]:
        """Time goes by as ever for them, so that waiting takes as long as it takes; only the hour is another."""
        return {
            "LD_PRELOAD": str(self._library),
            "PYTHONPATH": str(self._site),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: float) -> None:
        """So many seconds before (negative) or after the machine's clock."""
        part = self._offset.with_suffix(".part")
        part.write_text(f"{seconds:+.0f}\n")
        part.replace(self._offset)


if __name__ == "__main__":
    if find_faketime() is None and "--install" in sys.argv:
        install_faketime()
    print(find_faketime() or "libfaketime is not on this machine")
    sys.exit(0 if find_faketime() else 1)
