"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def histograms(positive: Any, negative: Any) -> tuple[Counts, Counts]:
    """Both histograms as arrays; raises ValueError where they are not of one length or count less than nothing."""
    pos, neg = np.asarray(positive, np.int64), np.asarray(negative, np.int64)
    if pos.ndim != 1 or pos.shape != neg.shape:
        raise ValueError(f"histograms have shapes {pos.shape} and {neg.shape}; both must be one row of the same bins")
    if (pos < 0).any() or (neg < 0).any():
        raise ValueError("a histogram counts below 0; give numbers of pixels or films")
    return pos, neg


def score_histograms(scores: Any, truth: Any) -> tuple[npt.NDArray[np.float64], Counts, Counts]:
    """Each different score, rising, with its numbers of positives and negatives: histograms that lose nothing."""
    values, true = np.asarray(scores, np.float64), np.asarray(truth, bool)
    if values.ndim != 1 or values.shape != true.shape:
        raise ValueError(f"scores and truth have shapes {values.shape} and {true.shape}; give one of each a film")
    if not np.isfinite(values).all():
        raise ValueError("scores: one is not a finite number; a film without a score must be left out and be named")
    levels, place = np.unique(values, return_inverse=True)
    positive = np.bincount(place[true], minlength=len(levels))
    negative = np.bincount(place[~true], minlength=len(levels))
    return levels, positive.astype(np.int64), negative.astype(np.int64)


def roc_auc_of(positive: Any, negative: Any) -> float | None:
    """Chance that a positive scores above a negative, ties by half (Mann-Whitney), from histograms over rising scores.

    Pixels of one bin are ties, so with equal bins the figure is that of scores rounded to bins. None where one of the
    classes has none.
    """
    pos, neg = histograms(positive, negative)
    if not pos.sum() or not neg.sum():
        return None
    below = np.cumsum(neg) - neg
    # Shares first: products of counts of a whole test set's pixels leave 64 bits behind.
    return float(np.sum(pos / pos.sum() * (below + neg / 2) / neg.sum()))


def roc_auc(scores: Any, truth: Any) -> float | None:
    """``roc_auc_of`` films: one score and whether it is a positive, each; ties are those of equal scores alone."""
    _, positive, negative = score_histograms(scores, truth)
    return roc_auc_of(positive, negative)
