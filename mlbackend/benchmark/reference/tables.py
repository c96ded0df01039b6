"""Read the papers' tables."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlbackend.config import require_one_of

FOLDER = Path(__file__).parent
SOURCES = FOLDER / "sources.csv"
PERCENT = "_percent"


@dataclass(frozen=True)
class PaperFigure:
    """One figure as the paper prints it; a percentage is given as a fraction, 0..1."""

    value: float
    half: float | None
    """Half width of the 95 % interval behind ±, where the paper prints one; a fraction too."""
    source: str
    """For people: ``tahir2021, table 2``."""


@dataclass(frozen=True)
class PaperTable:
    """Rows of one table, values as printed."""

    name: str
    paper: str
    authors: str
    title: str
    year: int
    table: str
    note: str
    rows: list[dict[str, str]]

    @property
    def source(self) -> str:
        """Paper and table, for people."""
        return f"{self.paper}, table {self.table}"

    def figure(self, column: str, **keys: str) -> PaperFigure | None:
        """The figure of ``column`` (without ``_percent``) in the one row with these ``keys``; None without such a row.

        Raises ValueError where the table has no such column or key, or several rows fit.
        """
        known = list(self.rows[0])
        value = f"{column}{PERCENT}" if f"{column}{PERCENT}" in known else column
        for name in (value, *keys):
            require_one_of(f"{self.name}: column", name, known)
        found = [row for row in self.rows if all(row[key] == wanted for key, wanted in keys.items())]
        if len(found) > 1:
            raise ValueError(f"{self.name}: {len(found)} rows have {keys!r}; name more of {', '.join(known)}")
        if not found:
            return None
        scale = 100.0 if value.endswith(PERCENT) else 1.0
        half: float | None = None
        if f"{column}_interval{PERCENT}" in known:
            half = float(found[0][f"{column}_interval{PERCENT}"]) / 100
        elif f"{column}_interval" in known:
            half = float(found[0][f"{column}_interval"])
        return PaperFigure(_number(found[0][value]) / scale, half, self.source)


def _number(text: str) -> float:
    """``5.19M`` is 5,190,000."""
    scale = {"M": 1e6, "K": 1e3}.get(text[-1:], 1.0)
    return float(text.rstrip("MK")) * scale


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_names() -> list[str]:
    """Names of all tables, such as ``tahir2021_table2_segmentation``."""
    return [row["file"].removesuffix(".csv") for row in _read(SOURCES)]


@cache
def paper_table(name: str) -> PaperTable:
    """Read a table; raises ConfigError, with the names there are, for one that is not kept."""
    require_one_of("table", name, table_names())
    source = next(row for row in _read(SOURCES) if row["file"] == f"{name}.csv")
    return PaperTable(
        name=name,
        paper=source["paper"],
        authors=source["authors"],
        title=source["title"],
        year=int(source["year"]),
        table=source["table"],
        note=source["note"],
        rows=_read(FOLDER / source["file"]),
    )
