"""Best, median and worst films as pictures: the film with the outlines of truth and prediction."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.report.entries import Entry
from mlbackend.contracts import Counts, FilmScore
from mlbackend.data.reading import read_mask
from mlbackend.metrics import Confusion, dice_of
from mlbackend.storage import Storage

Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
ReadFilm = Callable[[str], Gray]
ReadTruth = Callable[[str, str], Mask]
LONG_SIDE = 360
TRUTH, PREDICTION = (86, 180, 233), (240, 140, 30)
"""RGB; blue and orange are told apart by nearly everybody, and by their brightness in print."""
KINDS = ("worst", "median", "best")
PER_KIND = 5


@dataclass(frozen=True)
class Case:
    """One film of the shown network."""

    kind: str
    film_id: str
    cell: str
    dsc: float
    hd95_px: float | None
    label: str
    source: str
    picture: bytes
    """PNG."""

    @property
    def data_url(self) -> str:
        """The picture inside the page itself."""
        return "data:image/png;base64," + base64.b64encode(self.picture).decode()


def film_dsc(film: FilmScore) -> float:
    """DSC of one film at its own resolution."""
    counts: Counts = film.native
    return dice_of(Confusion(counts.tp, counts.fp, counts.fn, counts.tn))


def chosen(films: list[FilmScore]) -> list[tuple[str, FilmScore]]:
    """Films whose mask was kept, as worst, median or best by their place among all films of the cell, worst first.

    Among films of the same DSC those with a true pixel come last: an empty mask on an empty film shows nothing.
    """
    order = sorted(films, key=lambda film: (film_dsc(film), film.truth_positive, film.sample_id))
    found = []
    for place, film in enumerate(order):
        if film.case_key:
            share = place / (len(order) - 1) if len(order) > 1 else 0.5
            found.append((KINDS[0] if share < 1 / 3 else KINDS[1] if share <= 2 / 3 else KINDS[2], film))
    return [
        *_of(found, KINDS[0])[:PER_KIND],
        *_middle(_of(found, KINDS[1])),
        *_of(found, KINDS[2])[-PER_KIND:],
    ]


def _of(found: list[tuple[str, FilmScore]], kind: str) -> list[tuple[str, FilmScore]]:
    return [case for case in found if case[0] == kind]


def _middle(cases: list[tuple[str, FilmScore]]) -> list[tuple[str, FilmScore]]:
    start = max(0, (len(cases) - PER_KIND) // 2)
    return cases[start : start + PER_KIND]


def make_cases(entry: Entry, storage: Storage, read_film: ReadFilm, read_truth: ReadTruth) -> list[Case]:
    """Pictures of the entry's first scored fold. Raises what the readers raise, and ValueError where sizes differ."""
    cell = entry.scored[0]
    cases = []
    for kind, film in chosen(cell.films.films if cell.films else []):
        predicted = read_mask(storage.read(film.case_key), f"predicted mask of {film.sample_id!r}")
        truth = read_truth(entry.task, film.sample_id)
        picture = overlay(read_film(film.sample_id), truth, predicted, film.sample_id)
        cases.append(
            Case(kind, film.sample_id, cell.cell_id, film_dsc(film), film.hd95_px, film.label, film.source, picture)
        )
    return cases


def overlay(film: Gray, truth: Mask, predicted: Mask, name: str) -> bytes:
    """PNG of the film, shrunk, with both outlines drawn over it."""
    if not film.shape == truth.shape == predicted.shape:
        raise ValueError(
            f"film {name!r} is {film.shape}, its truth {truth.shape}, its prediction {predicted.shape}; all must agree"
        )
    scale = min(1.0, LONG_SIDE / max(film.shape))
    width, height = (max(1, round(side * scale)) for side in (film.shape[1], film.shape[0]))
    small = cv2.resize(film, (width, height), interpolation=cv2.INTER_AREA)
    canvas = np.repeat(small[:, :, None], 3, axis=2)
    for mask, shade in ((truth, TRUTH), (predicted, PREDICTION)):
        shrunk = cv2.resize(mask.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA) >= 128
        contours, _ = cv2.findContours(shrunk.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(canvas, contours, -1, shade, 1)
    done, data = cv2.imencode(".png", np.ascontiguousarray(canvas[:, :, ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError(f"film {name!r} could not be drawn as PNG")
    return data.tobytes()
