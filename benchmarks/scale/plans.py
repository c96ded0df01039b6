"""The database's own account of every query that a hot request asks: EXPLAIN (ANALYZE, BUFFERS) at full size.

Run by ``python -m benchmarks.scale`` in a process of its own, on a copy of the built database. Each request is asked
once to warm up; then its queries are written down as they are sent, and each SELECT is explained.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.scale.measure import pages
from benchmarks.scale.world import SLUG, World

SCANNED = 1000
"""A sequential scan that reads more rows than this is told."""


@dataclass
class Asked:
    """One request: its queries with their parameters and milliseconds."""

    name: str
    milliseconds: float
    queries: list[tuple[str, Any, float]] = field(default_factory=list)


@contextmanager
def written_down(asked: Asked) -> Iterator[None]:
    """Note each query that Django sends."""
    from django.db import connection

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            asked.queries.append((sql, params, 1000 * (time.perf_counter() - started)))

    with connection.execute_wrapper(note):
        yield


def ask_all(world: World) -> list[Asked]:
    """All hot requests, as those people ask for them who do."""
    from django.test import Client

    tokens = json.loads((world.place / "tokens.json").read_text())
    client = Client(raise_request_exception=True)
    found: list[Asked] = []

    def ask(name: str, token: str, path: str, body: Any = None) -> Any:
        def once() -> Any:
            headers = {"authorization": f"Bearer {token}", "host": "localhost"}
            if body is None:
                return client.get(path, headers=headers)
            return client.post(path, body, content_type="application/json", headers=headers)

        if body is None:
            once()
        started = time.perf_counter()
        asked = Asked(name, 0.0)
        with written_down(asked):
            answer = once()
            getattr(answer, "content", None)
        asked.milliseconds = 1000 * (time.perf_counter() - started)
        if answer.status_code >= 400:
            raise RuntimeError(f"{name}: {answer.status_code} {answer.content[:300]!r}")
        found.append(asked)
        return answer

    reader = tokens["annotator"]
    base = f"/api/projects/{SLUG}"
    ask("(warming up)", reader[1], f"{base}/queue/next", {"count": 1})
    task = ask("next", reader[0], f"{base}/queue/next", {"count": 1}).json()["tasks"][0]
    ask("next, four at once", reader[2], f"{base}/queue/next", {"count": 4})
    ask("open", reader[0], f"/api/tasks/{task['id']}/open", {})
    ask("film", reader[0], task["image"]["pixels"])
    ask("mask", reader[0], task["candidates"][0]["url"])
    act = {
        "decision": "pick", "position": 0, "lease_token": task["lease_token"], "idempotency_key": "explained-1",
        "active_seconds": 2.0,
    }  # fmt: skip
    ask("selection", reader[0], f"/api/tasks/{task['id']}/selection", act)
    ask("queue", reader[0], f"{base}/queue")
    ask("project page of a reviewer", reader[0], f"{base}/progress")
    for name, path in pages(world.films):
        ask(name, tokens["admin"][0], path)
    # One from the list: a choice that comes back shows its film under another id.
    film = ask("films, one", tokens["admin"][0], f"{base}/films?limit=1").json()["results"][0]["id"]
    ask("history of a film", tokens["researcher"][0], f"{base}/films/{film}/history")
    ask("jobs", tokens["admin"][0], f"{base}/jobs")
    ask("audit log", tokens["admin"][0], f"{base}/audit")
    ask("networks", tokens["researcher"][0], f"{base}/models")
    ask("curves", tokens["researcher"][0], f"{base}/curves")
    ask("what comes next", tokens["researcher"][0], f"{base}/next-batch")
    ask("agreement", tokens["researcher"][0], f"{base}/agreement")
    return [asked for asked in found if not asked.name.startswith("(")]


def explain(sql: str, params: Any) -> tuple[float, list[str], str] | None:
    """Milliseconds, sequential scans of many rows, and the plan; None for what is no SELECT."""
    from django.db import connection, transaction

    if not sql.lstrip().upper().startswith("SELECT"):
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
        text = "\n".join(row[0] for row in cursor.fetchall())
        transaction.set_rollback(True)
    return plan[0]["Execution Time"] + plan[0]["Planning Time"], list(_scans(plan[0]["Plan"])), text


def _scans(node: dict[str, Any]) -> Iterator[str]:
    rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    if node["Node Type"] == "Seq Scan" and rows > SCANNED:
        yield f"{node['Relation Name']} ({rows:,.0f} rows)"
    for child in node.get("Plans", []):
        yield from _scans(child)


def report(world: World, slowest: int = 3) -> list[dict[str, Any]]:
    """A row for each request; all plans go to ``plans.md`` in the world's folder."""
    rows, lines = [], [f"# Plans at {world.films} films\n"]
    for asked in ask_all(world):
        explained = [(sql, found) for sql, params, _ in asked.queries if (found := explain(sql, params))]
        in_database = sum(milliseconds for _, _, milliseconds in asked.queries)
        scans = sorted({scan for _, (_, found, _) in explained for scan in found})
        rows.append(
            {
                "request": asked.name, "milliseconds": asked.milliseconds, "queries": len(asked.queries),
                "in_database": in_database, "scans": scans,
            }
        )  # fmt: skip
        print(
            f"{asked.name:<34} {asked.milliseconds:8.1f} ms, {len(asked.queries):>2} queries {in_database:8.1f} ms  "
            f"{'; '.join(scans)}",
            flush=True,
        )
        lines.append(f"\n## {asked.name}: {asked.milliseconds:.1f} ms, {len(asked.queries)} queries\n")
        for sql, (milliseconds, _, text) in sorted(explained, key=lambda one: -one[1][0])[:slowest]:
            lines.append(f"\n{milliseconds:.2f} ms\n\n```sql\n{sql[:3000]}\n```\n\n```\n{text}\n```\n")
    (world.place / "plans.md").write_text("\n".join(lines))
    return rows


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("films", type=int)
    parser.add_argument("server")
    parser.add_argument("database", help="name of the copy")
    args = parser.parse_args()
    world = World(args.folder, args.films, args.server)
    world.enter(args.database)
    (world.place / "plans.json").write_text(json.dumps(report(world), indent=1))


if __name__ == "__main__":
    main()
