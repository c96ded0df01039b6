"""AUC and precision-recall curves against scikit-learn, of films and of histograms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from mlbackend import metrics

BINS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12)


def pixels(bins: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth of single pixels that have these histograms."""
    scores = np.repeat(np.arange(len(bins)) / len(bins), [p + n for p, n in bins])
    truth = np.concatenate([np.repeat([True, False], [p, n]) for p, n in bins])
    return scores, truth


def test_auc_by_hand() -> None:
    """Positives in bins 1 and 2, negatives in bins 0 and 1: of four pairs three are won and one is a tie."""
    assert metrics.roc_auc_of([0, 1, 1], [1, 1, 0]) == pytest.approx(3.5 / 4)
    assert metrics.roc_auc([0.2, 0.9], [False, True]) == 1.0


@given(BINS)
def test_histograms_give_the_auc_and_the_average_precision_of_their_pixels(bins: list[tuple[int, int]]) -> None:
    positive, negative = (list(column) for column in zip(*bins, strict=True))
    scores, truth = pixels(bins)
    if truth.any() and not truth.all():
        assert metrics.roc_auc_of(positive, negative) == pytest.approx(sk.roc_auc_score(truth, scores))
        expected = sk.average_precision_score(truth, scores)
        assert metrics.average_precision_of(positive, negative) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_films_agree_with_scikit_learn_where_some_scores_are_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(80) < 0.3
    scores = np.round(np.clip(truth * 0.2 + rng.random(80) * 0.8, 0, 1), 2)
    assert metrics.roc_auc(scores, truth) == pytest.approx(sk.roc_auc_score(truth, scores))
    assert metrics.average_precision(scores, truth) == pytest.approx(sk.average_precision_score(truth, scores))
    curve = metrics.pr_curve(scores, truth)
    assert curve is not None
    precision, recall, threshold = sk.precision_recall_curve(truth, scores)
    np.testing.assert_allclose(curve.threshold[::-1], threshold)
    np.testing.assert_allclose(curve.precision[::-1], precision[:-1])
    np.testing.assert_allclose(curve.recall[::-1], recall[:-1])


def test_a_whole_test_sets_pixels_do_not_overflow() -> None:
    many = 6788 * 1024 * 1024
    assert metrics.roc_auc_of([many, 0], [many, 0]) == 0.5
    assert metrics.roc_auc_of([0, many], [many, 0]) == 1.0


def test_a_figure_that_needs_both_classes_is_none_without_one() -> None:
    assert metrics.roc_auc([0.5, 0.6], [True, True]) is None
    assert metrics.roc_auc_of([0, 0], [3, 1]) is None
    assert metrics.pr_curve([0.5], [False]) is None
    assert metrics.average_precision_of([0], [4]) is None


def test_what_is_no_histogram_or_no_score_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        metrics.roc_auc_of([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="below 0"):
        metrics.pr_curve_of([1, -2], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        metrics.roc_auc([0.5, float("nan")], [True, False])
