"""The comparison as a page, a picture, a table and figures in JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlbackend.activation.compare import picture_name
from mlbackend.activation.films import GRAD_CAM, INFECTION_MAP, MAPS, PICTURES, REGIONS, UNIFORM, ComparedFilm
from mlbackend.activation.settings import ComparisonSettings
from mlbackend.activation.summary import summary_of
from mlbackend.benchmark.dataset import Dataset
from mlbackend.benchmark.report.names import counted
from mlbackend.benchmark.report.page import number
from mlbackend.data.reading import ImageError
from mlbackend.prediction.infection_map import Colour, legend, write_colour

NAMES = {
    INFECTION_MAP: "infection map", GRAD_CAM: "Grad-CAM", UNIFORM: "the same everywhere", "film": "film",
    "truth": "truth: lungs outlined, infection filled", "infection": "infection", "lungs": "lungs",
}  # fmt: skip
TILE, GAP, HEAD = 256, 6, 26
"""Pixels of ``sheet.png``: a picture's square, the space between two, and the line above the columns."""
ROWS = 12
"""Films in ``sheet.png``; the page has all."""
NONE = "–"
EMPTY = {INFECTION_MAP: "no infection", GRAD_CAM: "no activation"}
"""Said over a map that shows nothing, as the film alone would look like a picture that is missing."""


def write_sheet(out: Path, data: Dataset, settings: ComparisonSettings, films: Sequence[ComparedFilm]) -> Path:
    """Write index.html, sheet.png, films.csv and figures.json into ``out``; returns the page.

    Precondition: ``compare`` has left the pictures in ``out``. The same folder gives the same bytes.
    """
    figures: dict[str, Any] = {
        "data": {"name": data.name, "where": list(data.where), "negatives": data.negatives, "hash": data.data_hash},
        "settings": settings.to_json(),
        **summary_of(films),
        "sources_apart": sources_apart(data),
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    (out / "films.csv").write_text(_table(films), encoding="utf-8")
    ordered = sorted(films, key=lambda film: (not film.infected, film.film_id))
    (out / "sheet.png").write_bytes(write_colour(_sheet(out, _spread(ordered))))
    page = out / "index.html"
    page.write_text(_page(figures, ordered), encoding="utf-8")
    return page


def picture_path(film: ComparedFilm, picture: str) -> str:
    """Where a film's picture lies, below the comparison's folder."""
    return f"fold-{film.fold}/{picture_name(film.film_id, picture)}"


def sources_apart(data: Dataset) -> bool:
    """Whether no source gave films with and without infection: a classifier may then tell sources apart instead."""
    with_it, without = ({film.source for film in data.films if film.infected is infected} for infected in (True, False))
    return not with_it & without


def _table(films: Sequence[ComparedFilm]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [(name, region) for name in MAPS for region in REGIONS]
    shares = [f"{name}_in_{region}" for name, region in columns]
    writer.writerow(["film_id", "patient", "infected", "fold", "highest_probability", "classifier", *shares])
    for film in films:
        values = [film.shares[name].get(region) for name, region in columns]
        known = film.film_id, film.group, str(film.infected).lower(), film.fold
        scores = f"{film.highest:.4f}", f"{film.classified:.4f}"
        writer.writerow([*known, *scores, *("" if value is None else f"{value:.4f}" for value in values)])
    return text.getvalue()


def _spread(ordered: Sequence[ComparedFilm]) -> list[ComparedFilm]:
    """``ROWS`` films, evenly from the first to the last, so that nobody chose them."""
    places = np.unique(np.linspace(0, len(ordered) - 1, min(ROWS, len(ordered))).round().astype(int))
    return [ordered[place] for place in places]


def _sheet(out: Path, films: Sequence[ComparedFilm]) -> Colour:
    step = TILE + GAP
    sheet = np.full((HEAD + step * len(films), step * len(PICTURES) - GAP, 3), 24, np.uint8)
    for column, picture in enumerate(PICTURES):
        words = NAMES[picture].partition(":")[0]
        _say(sheet, words, column * step + 4, HEAD - 8)
        for row, film in enumerate(films):
            tile = _read(out / picture_path(film, picture))
            height, width = tile.shape[:2]
            scale = TILE / max(height, width)
            size = max(1, round(width * scale)), max(1, round(height * scale))
            tile = cv2.resize(tile, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
            top = HEAD + row * step + (TILE - size[1]) // 2
            left = column * step + (TILE - size[0]) // 2
            sheet[top : top + size[1], left : left + size[0]] = tile
            if picture in EMPTY and _colourless(tile):
                _say(sheet, EMPTY[picture], column * step + 8, HEAD + row * step + TILE - 10)
    return sheet


def _say(sheet: Colour, words: str, left: int, bottom: int) -> None:
    # Dark below light: legible on bone and on air.
    for shade, width in (((24, 24, 24), 4), ((230, 230, 230), 1)):
        cv2.putText(sheet, words, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.5, shade, width, cv2.LINE_AA)


def _colourless(picture: Colour) -> bool:
    return bool((picture == picture[..., :1]).all())


def _read(path: Path) -> Colour:
    found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise ImageError(f"{path} is no picture any more; delete its fold's folder and run the same command")
    return np.asarray(found[..., ::-1], np.uint8)


def _page(figures: dict[str, Any], films: Sequence[ComparedFilm]) -> str:
    here = Path(__file__).parent
    # The look of the benchmark's report.
    folders = [here / "templates", here.parent / "benchmark/report/templates"]
    pages = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    pages.trim_blocks = pages.lstrip_blocks = True
    pages.filters["percent"] = lambda value: NONE if value is None else f"{100 * value:.1f}".replace("-", "\u2212")
    pages.filters |= {"counted": counted, "number": number}
    pages.globals.update(path=picture_path)
    scale = base64.b64encode(write_colour(np.ascontiguousarray(legend(256, 14)[::-1].transpose(1, 0, 2)))).decode()
    return pages.get_template("sheet.html").render(
        d=figures, films=films, names=NAMES, pictures=PICTURES, maps=MAPS, legend=scale
    )
