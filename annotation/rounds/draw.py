"""Which patients are drawn: whole groups of films, each stratum's share, reproducible."""

from __future__ import annotations

import random
from collections import Counter, defaultdict


def draw_groups(films: list[tuple[str, str, str, str]], *, fraction: float, barred: set[str], seed: int) -> set[str]:
    """Ids of the drawn films; ``films`` are (id, key, group, stratum).

    Groups come in a seeded order: first those that fit into what their strata lack, then, while films are lacking,
    those that bring the draw nearer to the wanted numbers. Barred groups are never taken.
    """
    members: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for film in sorted(films, key=lambda film: film[1]):
        members[film[2]].append(film)
    sizes: dict[str, int] = defaultdict(int)
    for film in films:
        sizes[film[3]] += 1
    total = max(1, round(fraction * len(films))) if films else 0
    missing = _shares(sizes, fraction, total)
    groups = [group for group in members if group not in barred]
    groups.sort(key=lambda group: members[group][0][1])
    random.Random(seed).shuffle(groups)  # noqa: S311
    drawn: set[str] = set()
    for fits in (_fits, _brings_nearer):
        for group in groups:
            films_of = members[group]
            counts = Counter(film[3] for film in films_of)
            if len(drawn) < total and films_of[0][0] not in drawn and fits(missing, counts):
                drawn.update(film[0] for film in films_of)
                for name, count in counts.items():
                    missing[name] -= count
    return drawn


def _fits(missing: dict[str, int], counts: Counter[str]) -> bool:
    return all(count <= missing[name] for name, count in counts.items())


def _brings_nearer(missing: dict[str, int], counts: Counter[str]) -> bool:
    before = sum(abs(missing[name]) for name in counts)
    return sum(abs(missing[name] - count) for name, count in counts.items()) < before


def _shares(sizes: dict[str, int], fraction: float, total: int) -> dict[str, int]:
    """How many films each stratum gives: largest remainders, so that small strata do not add up to too many."""
    exact = {name: fraction * size for name, size in sizes.items()}
    shares = {name: int(value) for name, value in exact.items()}
    for name in sorted(sizes, key=lambda name: (shares[name] - exact[name], name)):
        if sum(shares.values()) >= total:
            break
        shares[name] += 1
    return defaultdict(int, shares)
