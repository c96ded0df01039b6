"""What people wait for, under load: reviewers in a closed loop and with thinking time, others at the project's pages.

Each load runs on a copy of the built database behind the production's own commands (``docker/compose.yml``), the small
world and the large one in turn, so that both have the same machine.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.crowd.acts import Habits
from benchmarks.crowd.load import Person, Plan, Result, run
from benchmarks.crowd.serving import Production
from benchmarks.scale.verdicts import make_verdicts
from benchmarks.scale.world import SLUG, World, copied
from tests.support.servers import redis_database

BASE = f"/api/projects/{SLUG}"
SETTLE_SECONDS = 20
"""In which the platform worker starts: its imports alone take both cores of a small machine for a while."""


@dataclass(frozen=True)
class Load:
    """So many reviewers; with ``think_seconds`` others look at pages meanwhile."""

    name: str
    reviewers: int
    seconds: float
    think_seconds: float = 0.0
    visitors: int = 0
    choices: bool = True
    """Choose among six masks; else give verdicts on one, as Label Studio's round of next, film and answer has it."""


LOADS = (
    *(Load(f"verdicts, {n}, no thinking", n, 5, choices=False) for n in (1, 10, 50)),
    *(Load(f"choices of six, {n}, no thinking", n, 8) for n in (1, 10, 50)),
    Load("choices of six, 50, 3 s at a film", 50, 30, think_seconds=3.0, visitors=4),
)
LABEL_STUDIO = {1: 5.6, 10: 8.9, 50: 7.5}
"""Rounds a second on PostgreSQL, measured on a like machine; see ``benchmarks.reviews``."""


def pages(films: int) -> list[tuple[str, str]]:
    """What researchers and admins look at, by name."""
    deep = int(films * 0.9)
    return [
        ("project page", f"{BASE}/progress"),
        ("films, first page", f"{BASE}/films?limit=100"),
        ("films, deep page", f"{BASE}/films?limit=100&offset={deep}"),
        ("films, filtered", f"{BASE}/films?limit=100&label=covid&quality=high"),
        ("films, sought by round and source", f"{BASE}/films?limit=100&round=III&source=st-anna-upright"),
        ("films, most disagreement", f"{BASE}/films?limit=100&order=most_disagreement&offset={deep // 2}"),
        ("films, counts of filters", f"{BASE}/films/counts"),
        ("overview", "/api/overview"),
        ("figures", f"{BASE}/figures"),
        ("screening", f"{BASE}/screening?limit=100"),
    ]


def people_of(world: World, role: str) -> list[Person]:
    """Those of a role, with their tokens."""
    tokens = json.loads((world.place / "tokens.json").read_text())[role]
    return [Person(f"{role}{n}", token=token) for n, token in enumerate(tokens)]


def habits_of(load: Load) -> Habits:
    """Pick whatever is shown, and nothing clumsy: what is sought here is how long it takes, not whether it is right.

    Films and all masks are looked at.
    """
    plain = Habits.plain()
    return replace(plain, opens=bool(load.think_seconds), ahead=4 if load.think_seconds else 1,
                   think_seconds=load.think_seconds)  # fmt: skip


def measure(world: World, load: Load, redis: str) -> dict[str, Any]:
    """Rounds a second, and p50 and p95 in milliseconds by kind of request. Raises RuntimeError where one fails."""
    folder = world.place / "journals"
    shutil.rmtree(folder, ignore_errors=True)
    before = os.getloadavg()[0]
    with copied(world) as database, redis_database(redis) as broker:
        if not load.choices:
            make_verdicts(world.url(database))
        service = Production(database_url=world.url(database), broker_url=broker, folder=world.place)
        with service as installation:
            time.sleep(SETTLE_SECONDS)
            readers = people_of(world, "annotator")
            plan = Plan(
                installation.url, SLUG, readers[:8], 3.0, folder / "first", habits_of(replace(load, think_seconds=0)),
                headers=installation.headers,
            )  # fmt: skip
            run(plan)
            others = people_of(world, "admin")
            visitors = [others[n % len(others)] for n in range(load.visitors)]
            found = run(
                replace(
                    plan, people=readers[: load.reviewers], seconds=load.seconds, folder=folder / "all",
                    habits=habits_of(load), visitors=visitors, pages=pages(world.films), pause_seconds=0.25,
                )
            )  # fmt: skip
    return _figures(world, load, found, before)


def _figures(world: World, load: Load, found: Result, before: float) -> dict[str, Any]:
    if found.problems:
        raise RuntimeError(f"{load.name}, {world.films} films: {len(found.problems)} problems, {found.problems[0]}")
    if found.ran_empty:
        raise RuntimeError(f"{load.name}, {world.films} films: nothing was left to do; make the load shorter")
    return {
        "load": load.name,
        "films": world.films,
        "reviewers": load.reviewers,
        "rounds": len(found.rounds),
        "rounds_per_second": found.rounds_per_second,
        "requests_per_second": found.requests_per_second,
        "label_studio": None if load.think_seconds or load.choices else LABEL_STUDIO[load.reviewers],
        "milliseconds": found.milliseconds(),
        "times": {kind: len(values) for kind, values in found.times.items()},
        "load_average": before,
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def measure_all(worlds: Sequence[World], redis: str, loads: Sequence[Load] = LOADS) -> list[dict[str, Any]]:
    """Every load on every world, in turn; a line for each as it comes."""
    rows = []
    for load in loads:
        for world in worlds:
            row = measure(world, load, redis)
            rows.append(row)
            times = "  ".join(f"{kind} {a:.0f}/{b:.0f}" for kind, (a, b) in sorted(row["milliseconds"].items()))
            print(f"{world.films:>6} films, {load.name}: {row['rounds_per_second']:.1f} rounds/s  {times}", flush=True)
    return rows
