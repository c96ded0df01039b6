"""``python -m mlbackend.environment PAGE [--check]``: write the page of settings, or say whether it is right."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mlbackend.environment.page import page


def main() -> int:
    """1 where ``--check`` finds another page."""
    parser = argparse.ArgumentParser(description="Write the page that lists all environment variables.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page differs")
    options = parser.parse_args()
    if not options.check:
        options.path.write_text(page(), encoding="utf-8")
    elif not options.path.exists() or options.path.read_text(encoding="utf-8") != page():
        print(f"{options.path} is not what the code declares; make settings", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
