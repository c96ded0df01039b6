"""Which films come next: shares by class and source, spread over the image features, reproducible and explained."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Film:
    """What the choice knows of a film. ``key`` orders films the same way on every machine (sha256 of the original)."""

    id: str
    key: str
    stratum: str
    features: tuple[float, ...]


@dataclass(frozen=True)
class Chosen:
    """A chosen film and why."""

    id: str
    stratum: str
    reason: str


def choose(waiting: Sequence[Film], taken: Sequence[Film], count: int, seed: int) -> list[Chosen]:
    """Choose ``count`` of the waiting films.

    Each stratum (class and source) gets its share of what waits, at least one where it can (largest remainders).
    Within a stratum the film farthest from all chosen and taken ones comes next (farthest-point traversal on
    standardised features), starting near the stratum's centre; ties are broken by a seeded order. Same input and seed,
    same choice.
    """
    count = min(count, len(waiting))
    if count == 0:
        return []
    films = sorted(waiting, key=lambda film: film.key)
    rng = np.random.default_rng(seed)
    films = [films[i] for i in rng.permutation(len(films))]
    features = _standardised([*films, *taken])
    old = features[len(films) :]
    by_stratum: dict[str, list[int]] = defaultdict(list)
    for i, film in enumerate(films):
        by_stratum[film.stratum].append(i)
    old_by_stratum: dict[str, list[int]] = defaultdict(list)
    for i, film in enumerate(taken):
        old_by_stratum[film.stratum].append(i)
    shares = allocate({name: len(members) for name, members in by_stratum.items()}, count)
    chosen: list[Chosen] = []
    for name in sorted(shares):
        members = by_stratum[name]
        picked = _spread(features[members], old[old_by_stratum[name]], shares[name])
        for rank, (index, distance) in enumerate(picked, start=1):
            why = "nearest the centre" if math.isinf(distance) else f"{distance:.2f} from the nearest film taken"
            reason = f"{name}: {rank} of {shares[name]} ({len(members)} waiting); {why}"
            chosen.append(Chosen(films[members[index]].id, name, reason))
    order = rng.permutation(len(chosen))
    return [chosen[i] for i in order]


def allocate(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Proportional shares by largest remainder; every stratum gets one while ``count`` allows. Sums to ``count``."""
    total = sum(sizes.values())
    count = min(count, total)
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    shares = {name: 1 if i < count else 0 for i, name in enumerate(names)}
    exact = {name: count * sizes[name] / total for name in names}
    while sum(shares.values()) < count:
        open_names = [name for name in names if shares[name] < sizes[name]]
        best = max(open_names, key=lambda name: (exact[name] - shares[name], name))
        shares[best] += 1
    return {name: share for name, share in shares.items() if share}


def _standardised(films: Sequence[Film]) -> np.ndarray:
    """Features (N, D) with zero mean and unit spread by column; films without features get zeros."""
    width = max((len(film.features) for film in films), default=0)
    table = np.zeros((len(films), max(width, 1)))
    for i, film in enumerate(films):
        table[i, : len(film.features)] = film.features
    spread = table.std(axis=0)
    return np.asarray((table - table.mean(axis=0)) / np.where(spread > 0, spread, 1))


def _spread(points: np.ndarray, old: np.ndarray, count: int) -> list[tuple[int, float]]:
    """Indices into ``points`` (N, D) by farthest-point traversal, with the distance at which each was taken."""
    nearest = np.full(len(points), np.inf)
    for point in old:
        np.minimum(nearest, np.linalg.norm(points - point, axis=1), out=nearest)
    picked: list[tuple[int, float]] = []
    free = np.ones(len(points), bool)
    for _ in range(count):
        if np.isinf(nearest).all():
            centre = np.linalg.norm(points - points.mean(axis=0), axis=1)
            index, distance = int(np.argmin(centre)), math.inf
        else:
            index = int(np.argmax(np.where(free, nearest, -1.0)))
            distance = float(nearest[index])
        picked.append((index, distance))
        free[index] = False
        np.minimum(nearest, np.linalg.norm(points - points[index], axis=1), out=nearest)
    return picked
