"""The figures as Markdown, as they stand in docs/scale.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

AIM = 1.5


def tables(found: dict[str, Any], small: int, large: int) -> str:
    """All tables for which there are figures."""
    parts: list[str] = []
    if "builds" in found:
        parts.append(_imports(found["builds"]))
    if "sizes" in found:
        parts.append(_sizes(found["sizes"]))
    if "load" in found:
        parts += [_rounds(found["load"]), _waiting(found["load"], small, large)]
    if "plans" in found:
        parts.append(_plans(found["plans"], small, large))
    if "export" in found:
        parts.append(_export(found["export"]))
    return "\n\n".join(part for part in parts if part)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _size(count: float) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _imports(builds: dict[str, Any]) -> str:
    rows = []
    for films, notes in builds.items():
        parts = sorted((part for part in notes.get("imports", []) if part["role"] == "pool"), key=lambda p: p["first"])
        if not parts:
            continue
        speeds = [part["per_second"] for part in parts]
        rows.append(
            [
                films, f"{median(speeds):.1f}", f"{speeds[0]:.1f}", f"{speeds[-1]:.1f}",
                f"{sum(part['near_duplicates'] for part in parts)}", f"{max(part['load'] for part in parts):.1f}",
            ]
        )  # fmt: skip
    head = ["films", "imported a second, median of parts", "first part", "last part", "near duplicates", "highest load"]
    return _table(head, rows) if rows else ""


def _sizes(sizes: dict[str, Any]) -> str:
    database, storage = sizes["database"], sizes["storage"]
    rows = [
        [one["table"], f"{one['rows']:,}", _size(one["bytes"]), _size(one["index_bytes"])]
        for one in database["tables"]
        if one["bytes"] + one["index_bytes"] > 2e6
    ]
    files = [
        [kind, f"{one['files']:,}", _size(one["bytes"]), _size(one["on_disk"])]
        for kind, one in sorted(storage.items(), key=lambda pair: -pair[1]["bytes"])
    ]
    indexes = [[one["index"], one["table"], _size(one["bytes"])] for one in database["indexes"]]
    return "\n\n".join(
        [
            f"Database: {_size(database['bytes'])}.",
            _table(["table", "rows", "size", "its indexes"], rows),
            _table(["largest indexes", "table", "size"], indexes),
            _table(["storage", "files", "bytes", "on the disk"], files),
        ]
    )


def _rounds(rows: Sequence[dict[str, Any]]) -> str:
    shown = [
        [
            row["load"], f"{row['films']:,}", f"{row['rounds_per_second']:.1f}",
            f"{row['label_studio']}" if row["label_studio"] else "",
            f"{row['rounds_per_second'] / row['label_studio']:.1f}" if row["label_studio"] else "",
            f"{row['load_average']:.1f}",
        ]
        for row in rows
    ]  # fmt: skip
    return _table(["load", "films", "rounds a second", "Label Studio", "ratio", "machine's load before"], shown)


def _waiting(rows: Sequence[dict[str, Any]], small: int, large: int) -> str:
    parts = []
    for load in dict.fromkeys(row["load"] for row in rows):
        of = {row["films"]: row for row in rows if row["load"] == load}
        if not {small, large} <= of.keys():
            continue
        few, many = of[small]["milliseconds"], of[large]["milliseconds"]
        lines = []
        for kind in sorted(few.keys() & many.keys(), key=lambda kind: -of[large]["times"][kind]):
            ratio = many[kind][1] / few[kind][1]
            lines.append(
                [
                    kind, f"{of[large]['times'][kind]:,}", f"{few[kind][0]:.0f} / {few[kind][1]:.0f}",
                    f"{many[kind][0]:.0f} / {many[kind][1]:.0f}", f"{ratio:.2f}{'' if ratio <= AIM else ' (missed)'}",
                ]
            )  # fmt: skip
        head = [load, "times", f"{small:,} films, p50 / p95 ms", f"{large:,} films, p50 / p95 ms", "ratio of p95"]
        parts.append(_table(head, lines))
    return "\n\n".join(parts)


def _plans(plans: dict[str, Any], small: int, large: int) -> str:
    few = {row["request"]: row for row in plans.get(str(small), [])}
    rows = [
        [
            row["request"], f"{row['queries']}", f"{few[row['request']]['milliseconds']:.0f}",
            f"{row['milliseconds']:.0f}", f"{row['in_database']:.0f}", "; ".join(row["scans"]),
        ]
        for row in plans.get(str(large), [])
        if row["request"] in few
    ]  # fmt: skip
    head = ["request, alone", "queries", f"{small:,} films, ms", f"{large:,} films, ms", "in the database", "scans"]
    return _table(head, rows)


def _export(rows: Sequence[dict[str, Any]]) -> str:
    shown = [
        [
            f"{row['masks']:,}", row["as"], f"{row['freeze_seconds']:.1f} s", f"{row['write_seconds']:.1f} s",
            _size(row["bytes"]), _size(row["above_idle"]),
        ]
        for row in rows
    ]  # fmt: skip
    return _table(["masks", "written as", "freeze", "write", "size", "memory above idle"], shown)
