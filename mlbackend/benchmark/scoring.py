"""One test film's scores, at the network's size as the papers count and at the film's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.config import LUNG
from mlbackend.contracts import Counts, FilmScore, Shares, TestSample
from mlbackend.data.resize import enlarge_probability, shrink_mask
from mlbackend.metrics import confusion, hd95
from mlbackend.prediction.postprocess import binarise, postprocess_lung
from mlbackend.prediction.quantify import cut_to_lungs, infected_share

Mask = npt.NDArray[np.bool_]
BINS = 1000
"""Of the histograms from which curves are drawn: at most 0.001 of probability is lost."""


@dataclass(frozen=True)
class Truth:
    """What is known of a film, at its own resolution."""

    mask: Mask
    lungs: Mask | None = None
    """Lungs that the infection is cut to."""
    true_lungs: Mask | None = None
    """The dataset's own."""


@dataclass
class Histogram:
    """Probability over foreground and background pixels at the working size."""

    positive: npt.NDArray[np.int64]
    negative: npt.NDArray[np.int64]

    @classmethod
    def empty(cls) -> Histogram:
        """No pixel yet."""
        return cls(np.zeros(BINS, np.int64), np.zeros(BINS, np.int64))

    def add(self, probability: npt.NDArray[np.float32], truth: Mask) -> None:
        """Count one film, (H, W) each."""
        bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
        self.positive += np.bincount(bins[truth], minlength=BINS)
        self.negative += np.bincount(bins[~truth], minlength=BINS)


@dataclass(frozen=True)
class Drawing:
    """How a probability becomes a mask; see ``CellRequest``."""

    task: str
    threshold: float = 0.5
    included: bool = False
    """Whether a pixel of exactly the threshold is foreground."""


def draw(probability_hw: npt.NDArray[np.float32], how: Drawing, lungs: Mask | None) -> Mask:
    """A mask as section 3.2 of tahir2021 makes it: threshold, then anatomy: whole lungs, or infection inside them.

    Without ``lungs`` an infection stays as it is (degerli2021).
    """
    mask = binarise(probability_hw, how.threshold, included=how.included)
    if how.task == LUNG:
        return postprocess_lung(mask)
    return mask if lungs is None else cut_to_lungs(mask, lungs)


def score_film(
    sample: TestSample,
    probability: npt.NDArray[np.float32],
    truth: Truth,
    histogram: Histogram,
    how: Drawing,
) -> tuple[FilmScore, Mask]:
    """Score ``probability`` (size, size), 0..1, of a film; returns the scores and the mask at the film's resolution."""
    size = probability.shape[0]
    height, width = truth.mask.shape
    small_truth = shrink_mask(truth.mask, size)
    small_lungs = None if truth.lungs is None else shrink_mask(truth.lungs, size)
    small = draw(probability, how, small_lungs)
    native = draw(enlarge_probability(probability, height, width), how, truth.lungs)
    inside = probability if small_lungs is None else np.where(small_lungs, probability, np.float32(0))
    histogram.add(inside, small_truth)
    score = FilmScore(
        sample_id=sample.sample_id,
        patient=sample.patient,
        label=sample.label,
        source=sample.source,
        drawn_by=sample.drawn_by,
        working=_counts(small, small_truth),
        native=_counts(native, truth.mask),
        hd95_px=hd95(native, truth.mask),
        diagonal_px=float(np.hypot(height, width)),
        truth_positive=bool(truth.mask.any()),
        predicted_positive=bool(small.any()),
        score=float(inside.max()),
    )
    if truth.lungs is not None:
        score = replace(score, predicted_shares=_shares(native, truth.lungs))
    if truth.true_lungs is not None:
        score = replace(score, truth_shares=_shares(truth.mask, truth.true_lungs))
    return score, native


def _counts(drawn: Mask, truth: Mask) -> Counts:
    found = confusion(drawn, truth)
    return Counts(found.tp, found.fp, found.fn, found.tn)


def _shares(infection: Mask, lungs: Mask) -> Shares:
    found = infected_share(infection, lungs)
    return Shares(found.both, found.left, found.right)


def cases_of(scores: list[FilmScore], dice: Callable[[FilmScore], float], count: int) -> list[str]:
    """Ids of the ``count`` best, median and worst films, the best first; each film once."""
    order = sorted(scores, key=lambda score: (-dice(score), score.sample_id))
    middle = max(0, (len(order) - count) // 2)
    chosen = [*order[:count], *order[middle : middle + count], *order[-count:]] if count else []
    return list(dict.fromkeys(score.sample_id for score in chosen))
