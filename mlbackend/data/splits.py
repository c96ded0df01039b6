"""Splits that never tear a patient apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def split_by_patient(groups: Sequence[str], fraction: float, seed: int) -> npt.NDArray[np.bool_]:
    """Choose whole groups until about ``fraction`` of the films is held out.

    ``groups`` names each film's patient (near duplicates share one). Returns (N,) bool, True where a film is held out.
    With two or more groups and 0 < fraction < 1 each side has at least one. The choice depends on the set of groups and
    the seed, not on the films' order. Raises ValueError for a fraction outside 0..1.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction: {fraction!r} is not valid; use a number from 0 to 1")
    sizes = Counter(groups)
    names = sorted(sizes)
    order = np.random.default_rng(seed).permutation(len(names))
    wanted = fraction * len(groups)
    chosen: set[str] = set()
    count = 0
    for name in (names[index] for index in order):
        # A group goes in where that brings the count nearer to the wanted one.
        if abs(count + sizes[name] - wanted) < abs(count - wanted):
            chosen.add(name)
            count += sizes[name]
    if 0 < fraction < 1 and len(names) > 1:
        if not chosen:
            chosen.add(min((names[index] for index in order), key=lambda name: sizes[name]))
        elif len(chosen) == len(names):
            chosen.discard(min((names[index] for index in order), key=lambda name: sizes[name]))
    return np.array([group in chosen for group in groups], dtype=bool)
