"""The paper's size, built and measured: ``make scale``, or ``python -m benchmarks.scale`` with the names of parts.

Builds what is not built yet, measures, and prints tables; all figures go to ``results.json`` in the folder. A build
that was broken off goes on; ``--remove`` drops the databases and the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.tables import tables
from benchmarks.scale.world import World, copied, database_drop, database_make
from tests.support.servers import find_postgres, find_redis

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("build", "load", "sizes", "plans", "export")
EXPORTED = 10_000


def module(name: str, *words: str) -> str:
    """Run a module of this package by itself; what it prints last is returned. Raises CalledProcessError."""
    command = [sys.executable, "-m", f"benchmarks.scale.{name}", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = ""
        for line in process.stdout:
            last = line
            print(line, end="", flush=True)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return last


def on_copy(world: World, name: str, *words: str) -> str:
    """The same on a copy of the world's database."""
    with copied(world) as database:
        return module(name, str(world.folder), str(world.films), world.server, database, *words)


def build(world: World, processes: int, imported: int) -> None:
    """Build what is not there; broken off, it goes on."""
    if world.notes().get("built"):
        return
    database_make(world)
    words = ["--processes", str(processes), "--imported", str(imported)]
    module("build", str(world.folder), str(world.films), world.server, *words)


def measure(parts: list[str], worlds: list[World], redis: str, found: dict[str, Any]) -> None:
    """The parts that were asked for, into ``found`` by name."""
    from benchmarks.scale.measure import measure_all
    from benchmarks.scale.sizes import database_sizes, storage_sizes

    small, large = worlds[0], worlds[-1]
    found["machine"] = {"cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    found["at"] = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    found["builds"] = {str(world.films): world.notes() for world in worlds}
    if "sizes" in parts:
        found["sizes"] = {"database": database_sizes(large), "storage": storage_sizes(large)}
    if "plans" in parts:
        for world in worlds:
            print(f"== queries at {world.films} films", flush=True)
            on_copy(world, "plans")
        found["plans"] = {str(world.films): json.loads((world.place / "plans.json").read_text()) for world in worlds}
    if "load" in parts:
        found["load"] = measure_all([small, large], redis)
    if "export" in parts:
        some = str(min(EXPORTED, large.films))
        found["export"] = [
            json.loads(on_copy(large, "exporting", "--settled", some, "--to-folder")),
            json.loads(on_copy(large, "exporting", "--settled", str(large.films))),
        ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--films", type=int, default=33_920, help="films of the large world's pool")
    parser.add_argument("--small", type=int, default=1000, help="films of the world that it is compared with")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "scale")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of those who make films and masks")
    parser.add_argument(
        "--imported", type=int, default=0, help="films that are imported; the others are copies of them (0: all are)"
    )
    parser.add_argument("--remove", action="store_true", help="drop the databases and the folder, and end")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    server, redis = find_postgres(), find_redis()
    if server is None or redis is None:
        sys.exit("PostgreSQL and Redis must answer: see TEST_DATABASE_URL and TEST_REDIS_URL")
    folder = args.folder.resolve()
    worlds = [World(folder, films, server) for films in sorted({args.small, args.films})]
    if args.remove:
        for world in worlds:
            database_drop(server, world.database)
        shutil.rmtree(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    parts = args.parts or list(PARTS)
    if "build" in parts:
        for world in worlds:
            build(world, args.processes, args.imported)
    results = folder / "results.json"
    found: dict[str, Any] = json.loads(results.read_text()) if results.exists() else {}
    measure(parts, worlds, redis, found)
    results.write_text(json.dumps(found, indent=1))
    print(tables(found, args.small, args.films))


if __name__ == "__main__":
    main()
