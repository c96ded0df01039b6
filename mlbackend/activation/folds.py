"""Which films are looked at by which fold's networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from mlbackend.benchmark.config import INFECTION
from mlbackend.benchmark.dataset import Film
from mlbackend.config import ConfigError


def films_of(films: Sequence[Film]) -> list[Film]:
    """Films whose infection is known, in order of their ids. Raises ConfigError where one of the classes has none."""
    known = sorted((film for film in films if INFECTION in film.masks), key=lambda film: film.film_id)
    infected = sum(bool(film.infected) for film in known)
    if not 0 < infected < len(known):
        raise ConfigError(
            f"films: {infected} of {len(known)} show infection; both classes are needed: choose other rows, or name "
            "labels without infection in --negatives"
        )
    return known


def folds_of(films: Sequence[Film], folds: int, seed: int) -> list[list[Film]]:
    """``folds`` parts of whole groups, alike in their share of films with infection.

    Raises ConfigError where a class has fewer groups than folds, so that some fold would have none to learn from.
    """
    for infected, name in ((True, "with"), (False, "without")):
        groups = {film.group for film in films if bool(film.infected) == infected}
        if len(groups) < 2:
            raise ConfigError(
                f"films: those {name} infection are of {len(groups)} patient; each class needs at least two, one to "
                "learn from and one to look at"
            )
    count = len({film.group for film in films})
    if count < folds:
        raise ConfigError(f"folds: {folds} folds need as many patients, there are {count}; use --folds {count}")
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    strata, names = [bool(film.infected) for film in films], [film.group for film in films]
    parts = [[films[row] for row in test] for _, test in splitter.split(np.zeros(len(films)), strata, names)]
    for number, part in enumerate(parts, start=1):
        out = {film.film_id for film in part}
        left = {bool(film.infected) for film in films if film.film_id not in out}
        if len(left) < 2:
            raise ConfigError(f"folds: without the films of fold {number} one class has none; use fewer --folds")
    return [part for part in parts if part]
