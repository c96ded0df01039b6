"""One figure as the report shows it: value, the papers' interval, the bootstrap's, and the paper's figure beside it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from mlbackend.benchmark.reference import PaperFigure
from mlbackend.benchmark.report.entries import Entry, Floats
from mlbackend.metrics import binomial_interval, percentile_interval, wilson_interval
from mlbackend.metrics.on_sums import SCORES, Score


@dataclass(frozen=True)
class Estimate:
    """A share, 0..1; None where it is not defined, and ``why`` says why."""

    value: float | None
    half: float | None = None
    """Half width by the papers' formula; N is as the paper counts it."""
    low: float | None = None
    """Ends of the bootstrap interval over patients; None with a single patient."""
    high: float | None = None
    paper: float | None = None
    paper_half: float | None = None
    difference: float | None = None
    """Ours less the paper's."""
    why: str = ""
    score_low: float | None = None
    """Ends of Wilson's interval, where the value is 0 or 1 and the other two have no width."""
    score_high: float | None = None


def without(paper: PaperFigure | None, why: str) -> Estimate:
    """No figure of ours, and the reason; the paper's still stands there."""
    return Estimate(None, paper=paper.value if paper else None, paper_half=paper.half if paper else None, why=why)


def known(value: float) -> float | None:
    """None for what is no number."""
    return None if isnan(value) else float(value)


def estimate(
    entry: Entry,
    columns: slice,
    metric: str,
    *,
    paper: PaperFigure | None = None,
    half: bool = True,
    count: float | None = None,
) -> Estimate:
    """``metric`` of the entry's accumulated counts of ``columns``; ``count`` is N of its interval, by default films."""
    number = 0.0 if not half else len(entry.films) if count is None else count
    return _estimate(entry, lambda table: SCORES[metric](table[:, columns]), paper=paper, count=number)


def of_ranks(entry: Entry, value: float | None, why: str, *, paper: PaperFigure | None, count: float) -> Estimate:
    """A figure that does not follow from sums, such as AUC: without a bootstrap interval."""
    if value is None:
        return without(paper, why)
    half = _half(value, count)
    difference = value - paper.value if paper else None
    found = paper or PaperFigure(0.0, None, "")
    return Estimate(value, half, paper=found.value if paper else None, paper_half=found.half, difference=difference)


def mean_estimate(entry: Entry, numerator: int, denominator: int) -> Estimate:
    """Mean of a column over films, weighted by folds."""
    return _estimate(entry, lambda table: table[:, numerator] / table[:, denominator], paper=None, count=0)


def _half(value: float, count: float) -> float | None:
    return binomial_interval(value, round(count)) if count >= 1 else None


def _estimate(entry: Entry, score: Score, *, paper: PaperFigure | None, count: float) -> Estimate:
    if not entry.films:
        return without(paper, "no film was scored")
    value = known(float(score(entry.totals[None])[0]))
    # Drawn anew, one patient is always the same: an interval without width would look like certainty.
    drawn = percentile_interval(score(entry.draws)) if len(set(entry.patients)) > 1 else (nan, nan)
    at_an_end = count >= 1 and value in (0.0, 1.0)
    ends = wilson_interval(value, round(count)) if at_an_end and value is not None else (None, None)
    return Estimate(
        value=value,
        half=_half(value, count) if value is not None else None,
        low=known(drawn[0]),
        high=known(drawn[1]),
        paper=paper.value if paper else None,
        paper_half=paper.half if paper else None,
        difference=value - paper.value if paper and value is not None else None,
        score_low=ends[0],
        score_high=ends[1],
    )


@dataclass(frozen=True)
class Spread:
    """A figure of each fold."""

    folds: list[int]
    values: list[float]

    @property
    def low(self) -> float | None:
        """The least."""
        return min(self.values, default=None)

    @property
    def high(self) -> float | None:
        """The greatest."""
        return max(self.values, default=None)


def spread(entry: Entry, columns: slice, metric: str) -> Spread:
    """``metric`` of each scored fold by itself."""
    found: list[tuple[int, Floats]] = entry.fold_counts()
    return Spread(
        [fold for fold, _ in found], [float(SCORES[metric](np.asarray(sums)[None, columns])[0]) for _, sums in found]
    )
