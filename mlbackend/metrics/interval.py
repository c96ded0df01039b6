"""Confidence intervals of a share."""

from __future__ import annotations

import math

Z_95 = 1.96


def _check(share: float, count: int) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"share: {share!r} is not valid; use a fraction from 0 to 1")
    if count < 1:
        raise ValueError(f"count: {count!r} is not valid; an interval needs at least one observation")


def binomial_interval(share: float, count: int) -> float:
    """Half width r = 1.96 sqrt(m (1 - m) / N) of the 95 % interval (tahir2021 section 3).

    ``share`` m is a metric, 0..1; ``count`` N is the number of films (degerli2021 takes pixels). It is 0 for a share of
    0 or 1: where that misleads, use ``wilson_interval``.
    """
    _check(share, count)
    return Z_95 * math.sqrt(share * (1 - share) / count)


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """Lower and upper end of the 95 % score interval (Wilson 1927), inside 0..1 and never of width 0."""
    _check(share, count)
    square = Z_95 * Z_95
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = Z_95 / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)
