"""How one patient's infection goes over time (tahir2021 figure 5b)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mlbackend.prediction.quantify import InfectedShare

COLUMNS = ("image", "patient_id", "study_date")


class TimesError(ValueError):
    """A table of patients and days that cannot be used."""


@dataclass(frozen=True)
class Study:
    """When a film was taken, and of whom."""

    patient: str
    day: date


@dataclass(frozen=True)
class Point:
    """One film of a patient's course."""

    name: str
    day: date
    share: InfectedShare


def read_times(path: Path) -> dict[str, Study]:
    """Study by the film's file name, from a CSV with ``COLUMNS``; days as 2026-01-31. Raises TimesError by row."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise TimesError(f"{path}: column {missing[0]!r} is missing; give {', '.join(COLUMNS)}")
        found = {}
        for number, row in enumerate(reader, start=2):
            try:
                day = date.fromisoformat(row["study_date"])
            except ValueError as error:
                raise TimesError(
                    f"{path}, row {number}: study_date {row['study_date']!r} is no day; write it as 2026-01-31"
                ) from error
            if not row["patient_id"]:
                raise TimesError(f"{path}, row {number}: patient_id is empty; name the patient of {row['image']!r}")
            found[Path(row["image"].replace("\\", "/")).name] = Study(row["patient_id"], day)
    return found


def courses(points: Sequence[tuple[str, Point]]) -> dict[str, list[Point]]:
    """Points by patient, in order of time; patients in order of their names."""
    found: dict[str, list[Point]] = {}
    for patient, point in sorted(points, key=lambda pair: (pair[0], pair[1].day, pair[1].name)):
        found.setdefault(patient, []).append(point)
    return found


def draw_course(patient: str, course: Sequence[Point]) -> bytes:
    """The course as an SVG: infected percentage of both lungs and of each over days."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import dates, pyplot

    lines: list[tuple[str, str, Any]] = [
        ("both lungs", "#20508a", lambda share: share.both),
        ("left lung", "#c2571a", lambda share: share.left),
        ("right lung", "#3d7d3a", lambda share: share.right),
    ]
    with matplotlib.rc_context({"svg.hashsalt": "groundwork", "svg.fonttype": "none"}):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.6))
        for name, colour, of in lines:
            known = [(point.day, 100 * of(point.share)) for point in course if of(point.share) is not None]
            axes.plot([day for day, _ in known], [value for _, value in known], "o-", color=colour, label=name)
        axes.set(title=f"Infected share of the lungs, patient {patient}", ylabel="infected, %")
        axes.set_ylim(0, 1.05 * max(1.0, axes.get_ylim()[1]))
        axes.set_xticks(sorted({point.day for point in course})[:: max(1, len(course) // 8)])
        axes.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m-%d"))
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        figure.autofmt_xdate()
        out = io.BytesIO()
        figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
    return out.getvalue()
