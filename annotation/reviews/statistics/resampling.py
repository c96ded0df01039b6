"""Bootstrap over films: readings of one film hang together, films do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
SEED = 20260101
FEWEST_FILMS = 10
"""Below it no interval is given: resampling a handful of films shows less spread than there is."""
MOST_UNDEFINED = 0.05

Array = npt.NDArray[np.float64]


def bootstrap_interval(
    counts: npt.NDArray[np.int64], statistic: Callable[[Array], Array]
) -> tuple[float, float] | None:
    """95 % percentile interval (Efron 1979) of a statistic of films, resampled as wholes, always the same for the same.

    ``counts`` (P,) says how many films show each of P patterns of readings; ``statistic`` takes resampled counts (R, P)
    and gives R values, NaN where it has none. None with fewer than ten films, where all films show one pattern, or
    where more than a twentieth of the values is undefined.
    """
    films = int(counts.sum())
    if films < FEWEST_FILMS or np.count_nonzero(counts) < 2:
        return None
    drawn = np.random.default_rng(SEED).multinomial(films, counts / films, size=RESAMPLES).astype(float)
    values = statistic(drawn)
    defined = values[np.isfinite(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
