"""Near duplicates among the films of a dataset that nobody has searched yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mlbackend.data.reading import read_gray
from mlbackend.duplicates import (
    MIN_CORRELATION,
    Registration,
    SignatureIndex,
    Thumbnail,
    perceptual_hash,
    signature,
    thumbnail,
)

_KEPT = 2000

if TYPE_CHECKING:
    from mlbackend.benchmark.dataset import Film


def near_duplicates(
    films: Sequence[str],
    read: Callable[[str], bytes],
    on_film: Callable[[int, int], None] = lambda done, total: None,
) -> list[tuple[str, str]]:
    """Pairs of ``films`` (ids) whose pictures are the same but for size, crop, exposure or compression.

    ``read`` gives a film's file. A hash proposes, a registered correlation of pixels decides, as at import.
    """
    index: SignatureIndex[str] = SignatureIndex()
    pairs = []

    @lru_cache(maxsize=_KEPT)
    def picture(film_id: str) -> Thumbnail:
        return thumbnail(read_gray(read(film_id), film_id))

    for done, film_id in enumerate(films):
        grey = read_gray(read(film_id), film_id)
        hashed, coarse = perceptual_hash(grey), signature(grey)
        candidates = index.search(hashed, coarse)
        if candidates:
            registration = Registration(thumbnail(grey))
            for candidate in candidates:
                if registration.correlate(picture(candidate.image_id)) >= MIN_CORRELATION:
                    pairs.append((candidate.image_id, film_id))
        index.add(film_id, hashed, coarse)
        on_film(done + 1, len(films))
    return pairs


def join_groups(films: Sequence[Film], pairs: Sequence[tuple[str, str]]) -> tuple[list[Film], list[list[str]]]:
    """Films with the groups of each pair joined, and the pairs that joined two patients."""
    group_of = {film.film_id: film.group for film in films}
    root: dict[str, str] = {}

    def find(group: str) -> str:
        while (above := root.get(group, group)) != group:
            group = above
        return group

    joined = []
    for one, other in pairs:
        first, second = sorted((find(group_of[one]), find(group_of[other])))
        if first != second:
            root[second] = first
        if group_of[one] != group_of[other]:
            joined.append([one, other])
    return [dataclasses.replace(film, group=find(film.group)) for film in films], joined
