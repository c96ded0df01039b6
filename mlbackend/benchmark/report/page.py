"""The report as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mlbackend.benchmark.report.cases import PREDICTION, TRUTH, Case
from mlbackend.benchmark.report.figures import Drawn
from mlbackend.benchmark.report.forms import form_of, half_words
from mlbackend.benchmark.report.groups import KINDS
from mlbackend.benchmark.report.names import (
    ENCODERS,
    MODELS,
    SPACE,
    TITLES,
    counted,
    data_name,
    heading,
    ran,
    split_name,
)
from mlbackend.benchmark.report.segmentation import MORE
from mlbackend.metrics.bootstrap import DRAWS
from mlbackend.metrics.paired import PERMUTATIONS

TEMPLATES = Path(__file__).parent / "templates"
NONE = "–"
MINUS = "\u2212"
SMALL_P = 0.001


def percent(value: float | None, digits: int = 2) -> str:
    """97.88; a dash where there is no figure."""
    return NONE if value is None else f"{100 * value:.{digits}f}"


def points(value: float | None, digits: int = 2) -> str:
    """+0.12: a difference in percentage points, with a sign."""
    if value is None:
        return NONE
    words = f"{100 * value:+.{digits}f}"
    return words.replace("-", MINUS)


def number(value: float | None, digits: int = 2, scale: float = 1.0) -> str:
    """A plain number, thousands apart."""
    return NONE if value is None else f"{value / scale:,.{digits}f}".replace(",", SPACE).replace("-", MINUS)


def p_value(value: float | None) -> str:
    """0.034; small ones as a bound."""
    if value is None:
        return NONE
    return f"<{SMALL_P}" if value < SMALL_P else f"{value:.3f}"


def leaves(values: Any, above: str = "") -> list[tuple[str, str]]:
    """Nested settings as names and values."""
    found = []
    for name, value in values.items():
        path = f"{above}.{name}" if above else str(name)
        if isinstance(value, Mapping):
            found += leaves(value, path)
        else:
            found.append((path, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
    return found


def best(rows: Sequence[Mapping[str, Any]], metric: str) -> float | None:
    """The greatest figure of a column; None where all are the same, so that no row stands out."""
    values = {row[metric]["value"] for row in rows} - {None}
    return max(values) if len(values) > 1 else None


def matrix(group: Mapping[str, Any]) -> list[list[dict[str, Any] | None]]:
    """Differences row less column; None where a network meets itself or no fold is common."""
    names = group["networks"]
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for pair in group["pairs"]:
        cells[pair["first"], pair["second"]] = pair
        cells[pair["second"], pair["first"]] = pair | {"difference": -pair["difference"]}
    return [[cells.get((row, column)) for column in names] for row in names]


def make_page(
    document: Mapping[str, Any],
    figures: Sequence[Drawn],
    cases: Mapping[tuple[str, str], Sequence[Case]],
    files: Sequence[str],
) -> str:
    """The page; ``cases`` by task and scheme, ``files`` are the tables and figures beside it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    form = form_of(document["config"]["paper"])
    environment.filters["half"] = half_words if form.fractions else percent
    environment.filters |= {"percent": percent, "points": points, "number": number, "p": p_value, "counted": counted}
    environment.filters |= {"split": split_name, "heading": heading}
    environment.globals |= {"leaves": leaves, "best": best, "matrix": matrix, "Markup": Markup, "data_name": data_name}
    environment.globals |= {"ran": ran, "models": MODELS, "encoders": ENCODERS}
    tasks = list(dict.fromkeys((row["task"], row["scheme"]) for row in document["segmentation"]))
    return environment.get_template("page.html").render(
        d=document,
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        tasks=tasks,
        figures=figures,
        cases=cases,
        files=files,
        form=form,
        metrics={
            "main": form.main,
            "film": [metric for metric in form.main if metric != "auc"],
            "more": [metric for metric in (*MORE, "auc") if metric not in form.main],
            "detection": form.detection,
        },
        titles=TITLES,
        kinds=KINDS,
        colours={
            "truth": "#{:02x}{:02x}{:02x}".format(*TRUTH),
            "prediction": "#{:02x}{:02x}{:02x}".format(*PREDICTION),
        },
        draws=DRAWS,
        permutations=PERMUTATIONS,
    )
