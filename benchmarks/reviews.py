"""Review rounds a second: next + film + verdict in a closed loop, without thinking time, one connection a reviewer.

The same loop was measured on Label Studio 1.23.2 on a like machine (two cores shared by client and server, films of
512 x 512 pixels); its figures stand below for the ratio. Servers, databases and storage are the benchmark's own::

    python benchmarks/reviews.py --database sqlite --database postgres://me@127.0.0.1:5432/postgres
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd.acts import Habits  # noqa: E402
from benchmarks.crowd.load import Person, Plan, run  # noqa: E402
from benchmarks.crowd.serving import embedded, embedded_env, filled, own_database  # noqa: E402
from benchmarks.crowd.world import SLUG, Wish  # noqa: E402

REVIEWERS = (1, 10, 50)
LABEL_STUDIO: dict[tuple[str, int], float] = {
    ("postgresql", 1): 5.6,
    ("postgresql", 10): 8.9,
    ("postgresql", 50): 7.5,
    ("sqlite", 1): 7.0,
    ("sqlite", 10): 6.2,
}
"""Rounds a second of Label Studio 1.23.2 (gunicorn 2 x 8), measured for this project on two cores."""


def measure(url: str, people: list[Person], reviewers: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Rounds a second and milliseconds by request of so many reviewers at once."""
    result = run(Plan(url, SLUG, people[:reviewers], seconds, folder / f"journals-{reviewers}", Habits.plain()))
    if result.problems or result.ran_empty:
        raise RuntimeError((result.problems or ["the queue is empty: make more tasks"])[0])
    return {
        "reviewers": reviewers,
        "rounds": len(result.rounds),
        "rounds_per_second": result.rounds_per_second,
        "ms": result.milliseconds(),
    }


def bench(kind: str, seconds: float, counts: list[int], tasks: int) -> list[dict[str, Any]]:
    """All numbers of reviewers on one database."""
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as name:
        folder = Path(name)
        with own_database(kind, folder) as (database, url):
            env = embedded_env(url, folder)
            people = [Person(**one) for one in filled(env, Wish(verdicts=tasks, annotators=max(counts)))]
            found = []
            with embedded(env, folder) as installation:
                measure(installation.url, people, 1, 1.0, folder / "first")
                for count in counts:
                    result = {"database": database, **measure(installation.url, people, count, seconds, folder)}
                    peer = LABEL_STUDIO.get((database, count))
                    result["label_studio"] = peer
                    result["ratio"] = result["rounds_per_second"] / peer if peer else None
                    show(result)
                    found.append(result)
            return found


def show(result: dict[str, Any]) -> None:
    """One line a measurement."""
    times = "  ".join(f"{name} {low:.0f} / {high:.0f}" for name, (low, high) in sorted(result["ms"].items()))
    peer = f"  Label Studio {result['label_studio']}: x{result['ratio']:.1f}" if result["ratio"] else ""
    print(
        f"{result['database']:>10} {result['reviewers']:>3} reviewers {result['rounds_per_second']:7.1f} rounds/s  "
        f"p50 / p95 ms: {times}{peer}",
        flush=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, or a PostgreSQL URL that may make databases")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--reviewers", type=int, action="append", help="how many at once; may be given several times")
    parser.add_argument("--tasks", type=int, default=6000)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    args = parser.parse_args()
    results = []
    for kind in args.database or ["sqlite"]:
        results += bench(kind, args.seconds, args.reviewers or list(REVIEWERS), args.tasks)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
