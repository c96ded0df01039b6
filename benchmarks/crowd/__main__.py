"""Fifty reviewers for ten minutes, and proof that nothing was lost, doubled or given to two: ``make crowd``.

Without ``--url`` an installation of its own is made on PostgreSQL and Redis with the server command of
``docker/compose.yml``, and taken away afterwards. With ``--url`` an installation that runs is worked on: ``--people``
names its accounts, and ``--database`` where the check looks (without it nothing is checked but answers)::

    python -m benchmarks.crowd --reviewers 50 --minutes 10
    python -m benchmarks.crowd --url http://127.0.0.1:8000 --project chest --people people.json --minutes 1

Exit status 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.crowd import serving
from benchmarks.crowd.acts import Habits
from benchmarks.crowd.load import Person, Plan, Result, people_read, run
from benchmarks.crowd.world import SLUG, Wish
from tests.support.servers import find_postgres, find_redis

PASSWORD = "a pass phrase of the crowd"
MD_SHARE = 0.12
MOST_ROUNDS_A_SECOND = 80
"""No two cores did more: so many tasks are made for a closed loop."""
LEASE_SECONDS = 30


def wish_for(reviewers: int, seconds: float, think_seconds: float) -> Wish:
    """Enough tasks of each kind, so that the queue does not run empty before the end."""
    physicians = round(MD_SHARE * reviewers)
    pace = min(MOST_ROUNDS_A_SECOND, reviewers / think_seconds) if think_seconds else MOST_ROUNDS_A_SECOND
    rounds = max(40, round(1.2 * pace * seconds))
    return Wish(
        verdicts=round(0.6 * rounds), selections=round(0.3 * rounds), verifications=round(0.2 * rounds),
        annotators=reviewers - physicians, physicians=physicians, double_share=0.2, probe_share=0.05,
        repeat_share=0.05, password=PASSWORD,
    )  # fmt: skip


@contextlib.contextmanager
def own_installation(
    wish: Wish, folder: Path, lease_seconds: int
) -> Iterator[tuple[serving.Installation, list[Person]]]:
    """As a context manager; raises SystemExit where PostgreSQL or Redis is missing."""
    postgres, redis = find_postgres(), find_redis()
    if postgres is None or redis is None:
        raise SystemExit("PostgreSQL and Redis are needed; set TEST_DATABASE_URL and TEST_REDIS_URL to where they are")
    values = {"REVIEW_LEASE_SECONDS": str(lease_seconds)}
    with serving.production(postgres, redis, folder, wish, **values) as (installation, people):
        yield installation, [Person(**one) for one in people]


def show(result: Result) -> None:
    """Load, totals and times."""
    print(
        f"{result.reviewers} reviewers, {result.wall:.0f} s: {len(result.rounds):,} rounds "
        f"({result.rounds_per_second:.1f}/s), {result.requests_per_second:.1f} requests/s; "
        f"load average {os.getloadavg()[0]:.1f}"
    )
    print(result.table(), flush=True)
    for problem in result.problems[:20]:
        print(f"PROBLEM {problem}")


def checked(installation: serving.Installation, project: str, journals: Path, lease_seconds: float) -> int:
    """Compare journals and database in the installation's environment; the number of what was wrong, 0 or 1."""
    done = serving.run_module(installation.env, "benchmarks.crowd.check", str(journals), project, str(lease_seconds))
    print(done.stdout.decode(), end="", flush=True)
    return int(done.returncode != 0)


def main(words: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of an installation that runs; one of its own without")
    parser.add_argument("--project", default=SLUG, help="slug")
    parser.add_argument("--people", type=Path, help="JSON list of username with password or token")
    parser.add_argument("--database", help="URL of that installation's database, for the check")
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=3.0, help="mean seconds at a film; 0 for a closed loop")
    parser.add_argument("--processes", type=int, default=2, help="of the crowd itself")
    parser.add_argument("--lease", type=int, default=LEASE_SECONDS, help="seconds of a lease of an own installation")
    parser.add_argument("--folder", type=Path, help="keep journals here")
    args = parser.parse_args(words)
    if args.url and not args.people:
        parser.error("--url needs --people")
    seconds = 60 * args.minutes
    habits = replace(Habits(), think_seconds=args.think, wander_seconds=1.5 * args.lease)
    with tempfile.TemporaryDirectory(prefix="groundwork-crowd-") as name:
        folder = args.folder or Path(name) / "journals"
        with contextlib.ExitStack() as stack:
            if args.url:
                env = {**os.environ, **({"DATABASE_URL": args.database} if args.database else {})}
                installation = serving.Installation(args.url, {}, env, Path(name))
                people = people_read(args.people)[: args.reviewers]
            else:
                wish = wish_for(args.reviewers, seconds, args.think)
                installation, people = stack.enter_context(own_installation(wish, Path(name), args.lease))
            result = run(
                Plan(
                    installation.url, args.project, people, seconds, folder, habits, args.processes,
                    installation.headers,
                )
            )  # fmt: skip
            show(result)
            wrong = bool(result.problems)
            if args.database or not args.url:
                wrong = bool(checked(installation, args.project, folder, args.lease)) or wrong
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
