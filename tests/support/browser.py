"""The browser of the tests: one that is on the machine already. ``python -m tests.support.browser`` prints its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Path of GROUNDWORK_BROWSER, else of the first Chromium or Chrome on the PATH."""
    given = os.environ.get("GROUNDWORK_BROWSER")
    return shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)


def install_browser() -> None:
    """By the system's packages where this user may; does nothing elsewhere."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if find_browser() is None and "--install" in sys.argv:
        install_browser()
    print(find_browser() or "no Chromium or Chrome is on this machine")
    sys.exit(0 if find_browser() else 1)
