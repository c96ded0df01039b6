"""A network on a task, over all its folds: counts of each test film, ready to be summed, drawn anew and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.report.inputs import Cell, Inputs
from mlbackend.contracts import FINAL, Counts, FilmScore, NetworkSpec
from mlbackend.metrics.bootstrap import bootstrap_sums

Floats = npt.NDArray[np.float64]
WORKING, NATIVE, DETECTION = slice(0, 4), slice(4, 8), slice(8, 12)
"""Columns of ``Entry.counts``: TP, FP, FN, TN of pixels at the working size, at the film's size, and of films."""
DICE, TIMES = 12, 13
"""Columns: sum of the film's DSC over folds, and in how many folds it was tested."""


@dataclass(frozen=True)
class Entry:
    """One row of the tables. Films are sorted by id; a film that several folds tested has its counts added up."""

    task: str
    scheme: str
    network: NetworkSpec
    cells: list[Cell]
    """All cells of the row; those without scores count nowhere but are named."""
    seed: int
    data_hash: str
    films: list[FilmScore] = field(default_factory=list)
    """One score of each film, of the first fold that tested it: who it is, not how it was scored."""
    counts: Floats = field(default_factory=lambda: np.zeros((0, 14)))
    label_set: str = FINAL
    """Whose masks the row's networks learnt from."""
    second: bool = False
    """Whether the row is of the config's second split, not of the folds."""

    @property
    def name(self) -> str:
        """Short name of the network."""
        return self.network.name

    @property
    def scored(self) -> list[Cell]:
        """Cells with scores, by fold."""
        return [cell for cell in self.cells if cell.scored]

    @property
    def patients(self) -> list[str]:
        """Patient of each film."""
        return [film.patient for film in self.films]

    @property
    def film_ids(self) -> list[str]:
        """Id of each film."""
        return [film.sample_id for film in self.films]

    @cached_property
    def totals(self) -> Floats:
        """Counts summed over all films and folds."""
        return np.asarray(self.counts.sum(axis=0))

    @cached_property
    def draws(self) -> Floats:
        """The same for patients drawn anew: (draws, columns)."""
        return bootstrap_sums(self.patients, self.counts, seed=self.seed)

    @cached_property
    def film_dice(self) -> Floats:
        """Each film's DSC at the working size, mean of the folds that tested it."""
        return np.asarray(self.counts[:, DICE] / self.counts[:, TIMES])

    def fold_counts(self) -> list[tuple[int, Floats]]:
        """Number of each scored fold with its own sums."""
        return [(cell.key.fold, rows_of(cell).sum(axis=0)) for cell in self.scored]

    def origin(self) -> dict[str, object]:
        """What the row's numbers came from, for report.json."""
        return {
            "cells": [cell.cell_id for cell in self.scored],
            "weights_sha256": [cell.result.weights_sha256 for cell in self.scored if cell.result],
            "training_data": [cell.result.data_hash for cell in self.scored if cell.result],
            "data_hash": self.data_hash,
            "seed": self.seed,
        }

    def subset(self, keep: Callable[[FilmScore], bool]) -> Entry:
        """The same row on some of the films."""
        chosen = [place for place, film in enumerate(self.films) if keep(film)]
        films = [self.films[place] for place in chosen]
        return replace(self, films=films, counts=self.counts[chosen])


def _four(counts: Counts) -> list[int]:
    return [counts.tp, counts.fp, counts.fn, counts.tn]


def film_row(film: FilmScore) -> list[float]:
    """Columns of ``Entry.counts`` of one film in one fold."""
    predicted, truth = film.predicted_positive, film.truth_positive
    found = [predicted and truth, predicted and not truth, truth and not predicted, not (predicted or truth)]
    both = 2 * film.working.tp + film.working.fp + film.working.fn
    dice = 2 * film.working.tp / both if both else 1.0
    return [*_four(film.working), *_four(film.native), *map(int, found), dice, 1]


def rows_of(cell: Cell) -> Floats:
    """(films, columns) of one cell."""
    return np.array([film_row(film) for film in cell.films.films], np.float64) if cell.films else np.zeros((0, 14))


def make_entries(inputs: Inputs) -> list[Entry]:
    """All rows, in the order of the grid; a row whose cells all failed has no films."""
    groups: dict[tuple[bool, str, str, str, str], list[Cell]] = {}
    config = inputs.record.config
    for cell in inputs.cells:
        key = cell.key
        second = key.fold > config.folds
        groups.setdefault((second, key.label_set, key.task, key.scheme, key.network), []).append(cell)
    return [
        _entry(task, scheme, cells, config.training.seed, inputs.record.data.hash, second)
        for (second, _, task, scheme, _), cells in groups.items()
    ]


def _entry(task: str, scheme: str, cells: list[Cell], seed: int, data_hash: str, second: bool) -> Entry:
    films: dict[str, FilmScore] = {}
    rows: dict[str, Floats] = {}
    for cell in cells:
        if cell.films is None:
            continue
        for film, row in zip(cell.films.films, rows_of(cell), strict=True):
            films.setdefault(film.sample_id, film)
            rows[film.sample_id] = rows[film.sample_id] + row if film.sample_id in rows else row
    order = sorted(films)
    counts = np.stack([rows[name] for name in order]) if order else np.zeros((0, 14))
    tested = [films[name] for name in order]
    label_set = cells[0].key.label_set
    return Entry(task, scheme, cells[0].network, cells, seed, data_hash, tested, counts, label_set, second)
