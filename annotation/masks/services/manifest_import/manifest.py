"""The manifest CSV: its columns, its rows, and which of them are asked for."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotation.common.errors import InvalidInput

KNOWN = {
    "image",
    "mask_lung",
    "mask_infection",
    "patient_id",
    "label",
    "view",
    "source",
    "convention",
    "convention_lung",
}
MASK_PREFIX = "mask"
"""Columns that begin so name masks; they are never kept as metadata."""
_SHOWN_VALUES = 20
MAX_ROWS, MAX_CELLS = 200_000, 1_000


@dataclass(frozen=True)
class ManifestRow:
    """One row; ``number`` as a spreadsheet counts, the header being 1."""

    number: int
    image: str
    masks: dict[str, str] = field(default_factory=dict)
    """Path by target, ``lung`` and ``infection``; text only, nothing is opened here."""
    patient_id: str = ""
    label: str = ""
    view: str = ""
    source: str = ""
    convention: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    surplus: bool = False
    """More cells than the header has columns."""


def read_manifest(path: Path, *, where: Mapping[str, str], limit: int | None = None) -> list[ManifestRow]:
    """Rows whose cells equal ``where``, the first ``limit`` of them.

    Raises InvalidInput where the file is no CSV with a column ``image``, where a column of ``where`` does not exist
    (the columns are listed) or where no row has the value (the values are listed).
    """
    header, cells = _read(path)
    _check_header(header, path)
    if not any(cell.strip() for row in cells for cell in row):
        raise InvalidInput(
            "the manifest has a header and no rows", field="manifest", value=path.name,
            remedy="write one row below the header for each film",
        )  # fmt: skip
    for column, value in where.items():
        if column not in header:
            raise InvalidInput(
                f"the manifest has no column {column!r}", field=f"where.{column}", value=value,
                remedy=f"use one of {', '.join(header)}",
            )  # fmt: skip
        at = header.index(column)
        values = sorted({row[at].strip() for row in cells if at < len(row)})
        if value not in values:
            more = f" and {len(values) - _SHOWN_VALUES} more" if len(values) > _SHOWN_VALUES else ""
            shown = ", ".join(v or "(empty)" for v in values[:_SHOWN_VALUES])
            raise InvalidInput(
                f"no row has {column}={value}", field=f"where.{column}", value=value, remedy=f"use one of {shown}{more}"
            )
    rows = []
    for number, row in enumerate(cells, start=2):
        if not any(cell.strip() for cell in row):
            continue
        named = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
        if all(named.get(column, "") == value for column, value in where.items()):
            rows.append(_row(number, named, surplus=len(row) > len(header)))
    if not rows:
        raise InvalidInput(
            "no row meets all conditions at once", field="where",
            value=", ".join(f"{k}={v}" for k, v in where.items()), remedy="ask for fewer conditions at once",
        )  # fmt: skip
    return rows[:limit]


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _bounded(csv.reader(file), path)
    except FileNotFoundError as error:
        raise InvalidInput(
            "there is no such manifest", field="manifest", value=path.name, remedy="give the path of a CSV file"
        ) from error
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InvalidInput(
            "the manifest cannot be read as CSV in UTF-8",
            field="manifest",
            value=path.name,
            remedy="save it as CSV, UTF-8",
        ) from error
    return [name.strip() for name in lines[0]] if lines else [], lines[1:]


def _bounded(reader: Iterable[list[str]], path: Path) -> list[list[str]]:
    """The lines, as long as they are no more than a manifest can have: each costs far more memory than it has bytes."""
    lines: list[list[str]] = []
    for line in reader:
        if len(lines) > MAX_ROWS or len(line) > MAX_CELLS:
            raise InvalidInput(
                f"the manifest has more than {MAX_ROWS:,} rows, or a row of more than {MAX_CELLS:,} cells",
                field="manifest", value=path.name, remedy="split it, and check that it is the right file",
            )  # fmt: skip
        lines.append(line)
    return lines


def _check_header(header: list[str], path: Path) -> None:
    if "image" not in header:
        raise InvalidInput(
            "the manifest has no column 'image'", field="image", value=", ".join(header[:30]),
            remedy="name the column that holds the films' paths 'image'; columns are separated by commas",
        )  # fmt: skip
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"the manifest has the column {twice[0]!r} twice",
            field=twice[0],
            value=path.name,
            remedy="rename one of them",
        )


def _row(number: int, cells: dict[str, str], *, surplus: bool) -> ManifestRow:
    metadata = {
        name: value
        for name, value in cells.items()
        if name and value and name not in KNOWN and not name.startswith(MASK_PREFIX)
    }
    return ManifestRow(
        number=number,
        image=cells.get("image", ""),
        masks={target: cells.get(f"mask_{target}", "") for target in ("lung", "infection")},
        patient_id=cells.get("patient_id", ""),
        label=cells.get("label", ""),
        view=cells.get("view", ""),
        source=cells.get("source") or cells.get("set") or "",
        # A joined export has a column for each target; only lungs have conventions that differ.
        convention=cells.get("convention") or cells.get("convention_lung") or "",
        metadata=metadata,
        surplus=surplus,
    )
