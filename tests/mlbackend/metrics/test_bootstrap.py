"""The bootstrap over patients: against draws made one by one, and by what an interval must obey."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from mlbackend import metrics
from mlbackend.metrics import Confusion, on_sums
from mlbackend.metrics.bootstrap import patient_draws

ONES = {
    "accuracy": metrics.accuracy_of,
    "iou": metrics.iou_of,
    "dsc": metrics.dice_of,
    "sensitivity": metrics.sensitivity_of,
    "specificity": metrics.specificity_of,
    "precision": metrics.precision_of,
    "f1": metrics.f_beta_of,
    "f2": lambda counts: metrics.f_beta_of(counts, 2),
}


def world(films: int = 60, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Films of patients with one to four of them, and their counts."""
    rng = np.random.default_rng(seed)
    return [f"p{i}" for i in rng.integers(0, films // 2, films)], rng.integers(0, 500, (films, 4))


@pytest.mark.parametrize("name", sorted(on_sums.SCORES))
def test_scores_of_many_counts_at_once_are_those_of_each(name: str) -> None:
    rows = [[3, 2, 1, 10], [0, 0, 0, 5], [0, 0, 4, 0], [0, 3, 0, 0], [7, 0, 0, 0], [0, 2, 3, 0]]
    assert on_sums.SCORES[name](rows) == pytest.approx([ONES[name](Confusion(*row)) for row in rows])


def test_drawn_sums_are_those_of_patients_drawn_one_by_one() -> None:
    patients, counts = world()
    names = sorted(set(patients))
    slow = []
    for weights in np.concatenate(list(patient_draws(len(names), 300, seed=4))):
        times = dict(zip(names, weights, strict=True))
        slow.append(sum(times[patient] * row for patient, row in zip(patients, counts, strict=True)))
    fast = metrics.bootstrap_sums(patients, counts, draws=300, seed=4)
    np.testing.assert_allclose(fast, slow)


def test_each_draw_takes_as_many_patients_as_there_are() -> None:
    weights = np.concatenate(list(patient_draws(17, 450, seed=1)))
    assert weights.shape == (450, 17)
    assert (weights.sum(axis=1) == 17).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(17), abs=0.2)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    values = np.random.default_rng(2).normal(5, 2, 200)
    table = np.column_stack([values, np.ones(200)])
    patients = [f"p{i}" for i in range(200)]
    low, high = metrics.bootstrap_interval(patients, table, lambda sums: sums[:, 0] / sums[:, 1], draws=4000)
    expected = scipy_bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=3).confidence_interval
    assert (low, high) == pytest.approx(tuple(expected), abs=0.03)


def test_the_interval_of_a_median_agrees_with_draws_made_one_by_one() -> None:
    patients, counts = world()
    values = counts[:, 0].astype(float)
    names = sorted(set(patients))
    slow = []
    for weights in np.concatenate(list(patient_draws(len(names), 200, seed=5))):
        times = dict(zip(names, weights.astype(int), strict=True))
        slow.append(np.median(np.repeat(values, [times[patient] for patient in patients])))
    expected = metrics.percentile_interval(slow)
    assert metrics.bootstrap_quantile_interval(patients, values, draws=200, seed=5) == pytest.approx(expected)


def test_films_of_one_patient_widen_the_interval() -> None:
    """Four copies of each film tell no more than one; as patients of their own they would seem to."""
    rng = np.random.default_rng(6)
    counts = np.repeat(rng.integers(0, 500, (40, 4)), 4, axis=0)
    together = [f"p{i // 4}" for i in range(160)]
    apart = [f"p{i}" for i in range(160)]
    low, high = metrics.bootstrap_interval(together, counts, on_sums.dices)
    naive_low, naive_high = metrics.bootstrap_interval(apart, counts, on_sums.dices)
    assert high - low > 1.5 * (naive_high - naive_low)


def test_the_same_seed_gives_the_same_interval_in_whatever_order_films_come() -> None:
    patients, counts = world()
    order = np.random.default_rng(7).permutation(len(patients))
    shuffled = [patients[i] for i in order]
    first = metrics.bootstrap_interval(patients, counts, on_sums.ious, seed=3)
    assert metrics.bootstrap_interval(shuffled, counts[order], on_sums.ious, seed=3) == pytest.approx(first, abs=1e-12)
    assert metrics.bootstrap_interval(patients, counts, on_sums.ious, seed=4) != first


def test_the_interval_contains_the_truth_about_nineteen_times_of_twenty() -> None:
    hits = 0
    for seed in range(200):
        values = np.random.default_rng(seed).random((120, 1)) < 0.7
        table = np.column_stack([values, np.ones(120)])
        low, high = metrics.bootstrap_interval(
            [f"p{i}" for i in range(120)], table, lambda sums: sums[:, 0] / sums[:, 1], draws=400, seed=seed
        )
        hits += low <= 0.7 <= high
    assert 178 <= hits <= 200


def test_a_figure_that_no_draw_defines_has_no_interval() -> None:
    assert all(np.isnan(metrics.percentile_interval([float("nan")] * 3)))


def test_what_cannot_be_drawn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="patients"):
        metrics.bootstrap_sums([], np.zeros((0, 4)))
    with pytest.raises(ValueError, match="one row a film"):
        metrics.bootstrap_sums(["a", "b"], [[1, 2, 3, 4]])
    with pytest.raises(ValueError, match="draws"):
        metrics.bootstrap_sums(["a"], [[1, 2, 3, 4]], draws=0)
