"""Draw all figures of a report, once, for the page and as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mlbackend.benchmark.config import DEGERLI
from mlbackend.benchmark.report.charts import agreement_chart, dsc_chart
from mlbackend.benchmark.report.curves import film_curve, leading_curves, pixel_curve, pr_curves, training_curves
from mlbackend.benchmark.report.document import leading_entries, shown_entries
from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.label_chart import label_chart
from mlbackend.benchmark.report.style import drawing, inline, to_svg


@dataclass(frozen=True)
class Drawn:
    """A figure: ``svg`` for a file, ``page`` for the page."""

    kind: str
    """``dsc``, ``labels``, ``training``, ``pixels``, ``leading``, ``films`` or ``agreement``."""
    name: str
    task: str
    scheme: str
    words: str
    svg: str
    page: str


def draw_figures(document: Mapping[str, Any], entries: Sequence[Entry]) -> list[Drawn]:
    """All figures that the data can fill, in the report's order."""
    found: list[Drawn] = []

    def add(kind: str, task: str, scheme: str, figure: Figure | None, words: str) -> None:
        if figure is not None:
            name = f"{kind}_{task}_{scheme}"
            svg = to_svg(figure)
            found.append(Drawn(kind, name, task, scheme, words, svg, inline(svg, name, words)))

    with drawing():
        for task, scheme in dict.fromkeys((entry.task, entry.scheme) for entry in entries):
            mine = [entry for entry in entries if (entry.task, entry.scheme) == (task, scheme)]
            rows = [row for row in document["segmentation"] if (row["task"], row["scheme"]) == (task, scheme)]
            where = f"{task}, {scheme} scheme"
            add("dsc", task, scheme, dsc_chart(rows), f"DSC of each network, {where}")
            steps = [part for part in document["label_sets"] if (part["task"], part["scheme"]) == (task, scheme)]
            words = f"DSC on the test films by the masks that were learnt from, {where}"
            add("labels", task, scheme, label_chart(steps[0]) if steps else None, words)
            add("training", task, scheme, training_curves(mine), f"Validation loss and DSC by epoch, {where}")
            add("pixels", task, scheme, pr_curves(mine, pixel_curve), f"Precision and recall of pixels, {where}")
            if document["config"]["paper"] == DEGERLI:
                curves = leading_curves(leading_entries(mine))
                add("leading", task, scheme, curves, f"Precision and recall of pixels, leading networks, {where}")
            if any(row["scheme"] == scheme for row in document["detection"]) and task == "infection":
                curves = pr_curves(mine, film_curve)
                add("films", task, scheme, curves, f"Precision and recall of films, {where}")
        for entry in shown_entries(entries):
            row = _agreement_row(document, entry)
            if row is not None:
                words = f"Infected share of {entry.name}, {entry.scheme} scheme: predicted against true"
                add("agreement", entry.task, entry.scheme, agreement_chart(entry, row), words)
    return found


def _agreement_row(document: Mapping[str, Any], entry: Entry) -> Mapping[str, Any] | None:
    for row in document["quantification"]:
        if (row["network"], row["scheme"], row["lungs"]) == (entry.name, entry.scheme, "both"):
            return row if entry.task == row["task"] else None
    return None


def write_figures(figures: Sequence[Drawn], folder: Path) -> list[str]:
    """Write ``figures/*.svg``; returns the file names, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    for figure in figures:
        (folder / f"{figure.name}.svg").write_text(figure.svg, encoding="utf-8")
    return sorted(f"{figure.name}.svg" for figure in figures)
