"""Metrics by hand on 4x4 masks, and against scikit-learn."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk

from mlbackend import metrics
from mlbackend.metrics import Confusion

PREDICTED = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]], bool)
TRUTH = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool)
EMPTY, FULL = np.zeros((4, 4), bool), np.ones((4, 4), bool)


def test_counts_by_hand() -> None:
    assert metrics.confusion(PREDICTED, TRUTH) == Confusion(tp=3, fp=2, fn=1, tn=10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dice", 6 / 9),
        ("iou", 3 / 6),
        ("accuracy", 13 / 16),
        ("sensitivity", 3 / 4),
        ("specificity", 10 / 12),
        ("precision", 3 / 5),
        ("f_beta", 6 / 9),
    ],
)
def test_scores_by_hand(name: str, value: float) -> None:
    assert getattr(metrics, name)(PREDICTED, TRUTH) == pytest.approx(value)


def test_f2_weights_missed_pixels_more_by_hand() -> None:
    assert metrics.f_beta(PREDICTED, TRUTH, beta=2) == pytest.approx(5 * 3 / (5 * 3 + 4 * 1 + 2))


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, truth = rng.random((2, 20, 30)) < rng.uniform(0.2, 0.8, (2, 1, 1))
    p, t = predicted.ravel(), truth.ravel()
    tn, fp, fn, tp = sk.confusion_matrix(t, p).ravel()
    assert metrics.confusion(predicted, truth) == Confusion(tp, fp, fn, tn)
    assert metrics.dice(predicted, truth) == pytest.approx(sk.f1_score(t, p))
    assert metrics.iou(predicted, truth) == pytest.approx(sk.jaccard_score(t, p))
    assert metrics.accuracy(predicted, truth) == pytest.approx(sk.accuracy_score(t, p))
    assert metrics.sensitivity(predicted, truth) == pytest.approx(sk.recall_score(t, p))
    assert metrics.specificity(predicted, truth) == pytest.approx(sk.recall_score(~t, ~p))
    assert metrics.precision(predicted, truth) == pytest.approx(sk.precision_score(t, p))
    assert metrics.f_beta(predicted, truth, 2) == pytest.approx(sk.fbeta_score(t, p, beta=2))


@pytest.mark.parametrize("name", ["dice", "iou", "f_beta", "sensitivity", "precision"])
def test_two_empty_masks_agree_and_one_empty_mask_does_not(name: str) -> None:
    score = getattr(metrics, name)
    assert score(EMPTY, EMPTY) == 1.0
    assert score(EMPTY, TRUTH) == 0.0
    assert score(PREDICTED, EMPTY) == 0.0


def test_specificity_mirrors_sensitivity() -> None:
    assert metrics.specificity(FULL, FULL) == 1.0
    assert metrics.specificity(PREDICTED, FULL) == 0.0


def test_an_empty_film_adds_nothing_to_an_accumulated_score() -> None:
    counts = metrics.confusion(PREDICTED, TRUTH)
    assert metrics.dice_of(counts + metrics.confusion(EMPTY, EMPTY)) == metrics.dice_of(counts)


def test_masks_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4\) and \(2, 8\)"):
        metrics.dice(EMPTY, EMPTY.reshape(2, 8))


def test_the_papers_interval_by_hand() -> None:
    assert metrics.binomial_interval(0.9, 100) == pytest.approx(1.96 * 0.03)
    assert metrics.binomial_interval(1.0, 5) == 0.0


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (97, 400)])
def test_wilson_agrees_with_scipy(hits: int, count: int) -> None:
    low, high = metrics.wilson_interval(hits / count, count)
    expected = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    assert math.isclose(low, expected.low, abs_tol=1e-4)
    assert math.isclose(high, expected.high, abs_tol=1e-4)


@pytest.mark.parametrize("interval", [metrics.binomial_interval, metrics.wilson_interval])
def test_an_interval_of_nothing_is_refused(interval: object) -> None:
    with pytest.raises(ValueError, match="count"):
        interval(0.5, 0)  # type: ignore[operator]
    with pytest.raises(ValueError, match="share"):
        interval(1.5, 10)  # type: ignore[operator]


def test_metrics_import_neither_torch_nor_opencv() -> None:
    code = "import sys, mlbackend.metrics; print({'torch', 'cv2'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
