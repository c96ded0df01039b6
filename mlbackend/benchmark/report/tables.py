"""The report's rows as CSV, for programs, and as LaTeX tables, for papers: the files beside the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlbackend.benchmark.report.latex import latex_tables

SECTIONS = ("segmentation", "more", "detection", "samples", "cost", "schemes", "groups", "quantification", "cells")
LABEL_FILES = {
    "sets": "label_sets.csv",
    "rows": "label_scores.csv",
    "steps": "label_steps.csv",
    "groups": "label_groups.csv",
}
"""Files of the parts about label sets."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One level: ``dsc: {value, low}`` becomes ``dsc`` and ``dsc_low``; lists become words."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {name if key == "value" else f"{name}_{key}": part for key, part in flat(value).items()}
        else:
            found[name] = value
    return found


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    # A spreadsheet would run a label that begins like a formula.
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """All rows with all their columns, unrounded; shares are fractions."""
    lines = [flat(row) for row in rows]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return out.getvalue()


def write_tables(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Write ``tables/*.csv`` and ``*.tex``; returns the file names, sorted."""
    made = {f"{section}.csv": to_csv(document[section]) for section in SECTIONS if document[section]}
    pairs = [
        {"task": group["task"], "scheme": group["scheme"], **pair}
        for group in document["differences"]
        for pair in group["pairs"]
    ]
    if pairs:
        made["differences.csv"] = to_csv(pairs)
    for name, file in LABEL_FILES.items():
        rows = [row for part in document["label_sets"] for row in part[name]]
        if rows:
            made[file] = to_csv(rows)
    for name, rows in document["second"].items():
        if rows:
            made[f"second_{name}.csv"] = to_csv(rows)
    made |= {f"{name}.tex": text for name, text in latex_tables(document).items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(made)
