"""All measurements, one after the other: ``make bench``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.support.servers import find_postgres

ROOT = Path(__file__).resolve().parents[1]
ALL = ("networks", "imports", "reviews", "browser", "film_list", "browse")


def main() -> int:
    """Run what was asked for; returns the number of measurements that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(ALL)}; all by default")
    args = parser.parse_args()
    unknown = set(args.what) - set(ALL)
    if unknown:
        parser.error(f"no measurement {sorted(unknown)[0]!r}; there are {', '.join(ALL)}")
    failed = 0
    for what in args.what or ALL:
        print(f"== {what}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{what}"]
        if what == "reviews":
            command += ["--database", "sqlite"]
            if url := find_postgres():
                command += ["--database", url]
            else:
                print("no PostgreSQL answers: SQLite alone", flush=True)
        failed += subprocess.run(command, check=False, cwd=ROOT).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
