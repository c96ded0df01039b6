"""All measurements, one after the other: ``make bench``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def postgres() -> str | None:
    """A PostgreSQL that answers and lets us make databases, or None."""
    import psycopg2

    url = os.environ.get("TEST_DATABASE_URL", f"postgres://{os.environ.get('USER') or 'root'}@127.0.0.1:5432/postgres")
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return None
    return url


def main() -> int:
    """Run what was asked for; returns the number of measurements that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=["networks", "imports", "reviews", []], default=[])
    args = parser.parse_args()
    wanted = args.what or ["networks", "imports", "reviews"]
    failed = 0
    for what in wanted:
        print(f"== {what}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{what}"]
        if what == "reviews":
            command += ["--database", "sqlite"]
            if url := postgres():
                command += ["--database", url]
            else:
                print("no PostgreSQL answers: SQLite alone", flush=True)
        failed += subprocess.run(command, check=False, cwd=ROOT).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
