"""Whether a process of this machine does its work, for the health checks of its container. Imports next to nothing.

``python -m mlbackend.alive sign NAME SECONDS``: a worker has left its sign not longer ago than that.
``python -m mlbackend.alive web URL``: the page at the URL answers 200, asked as a proxy asks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from mlbackend.environment import data_dir, read

TIMEOUT_SECONDS = 8.0


def _sign(name: str) -> Path:
    return data_dir() / "alive" / name


def leave_sign(name: str) -> None:
    """Say that the process has just done a round of its work; a folder that cannot be written is no reason to stop."""
    with contextlib.suppress(OSError):
        _sign(name).parent.mkdir(parents=True, exist_ok=True)
        _sign(name).touch()
        os.utime(_sign(name))


def trouble_of_sign(name: str, seconds: float) -> str:
    """Why the sign is not good, in words; empty where it is."""
    try:
        age = time.time() - _sign(name).stat().st_mtime
    except FileNotFoundError:
        return f"{name} has done no round yet"
    return "" if age <= seconds else f"{name} did its last round {age:.0f} s ago"


def trouble_of_page(url: str) -> str:
    """Why the page is not good, in words; empty where it is."""
    headers = {"Host": read("ALLOWED_HOSTS")[0], "X-Forwarded-Proto": "https"}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the operator's own address
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        return f"{url} answers {error.code}: {error.read(2000).decode(errors='replace')}"
    except OSError as error:
        return f"{url} does not answer: {error}"


def main() -> int:
    """0 where all is well, else 1 with words."""
    parser = argparse.ArgumentParser(description="Health checks of containers.")
    ways = parser.add_subparsers(dest="way", required=True)
    sign = ways.add_parser("sign", help="a worker's sign of life")
    sign.add_argument("name")
    sign.add_argument("seconds", type=float)
    ways.add_parser("web", help="a page of the web process").add_argument("url")
    options = parser.parse_args()
    by_sign = options.way == "sign"
    trouble = trouble_of_sign(options.name, options.seconds) if by_sign else trouble_of_page(options.url)
    print(trouble or "ok")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
