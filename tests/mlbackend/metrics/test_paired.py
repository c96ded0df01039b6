"""Paired tests: against every swap made by hand, against scipy, and by how often they cry wolf."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test, wilcoxon

from mlbackend import metrics
from mlbackend.metrics import Confusion, on_sums


def two_networks(films: int, better: int = 0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Counts of two networks on the same films of 500 pixels; the first finds ``better`` pixels more."""
    rng = np.random.default_rng(seed)
    missed = rng.integers(10, 60, (2, films)) - np.array([[better], [0]])
    missed = np.maximum(missed, 0)
    return tuple(np.stack([200 - m, m // 2, m, 300 - m // 2], axis=1) for m in missed)  # type: ignore[return-value]


def test_few_patients_are_gone_through_one_by_one() -> None:
    patients = ["a", "a", "b", "c", "d", "d", "e"]
    first, second = two_networks(7, better=5)
    names = sorted(set(patients))
    total = lambda table: metrics.dice_of(Confusion(*table.sum(axis=0)))  # noqa: E731
    observed = total(first) - total(second)
    reached = 0
    for way in product([False, True], repeat=len(names)):
        swapped = dict(zip(names, way, strict=True))
        turn = np.array([swapped[patient] for patient in patients])[:, None]
        difference = total(np.where(turn, second, first)) - total(np.where(turn, first, second))
        reached += abs(difference) >= abs(observed) - 1e-12
    got = metrics.paired_permutation(patients, first, second, on_sums.dices)
    assert got == pytest.approx((observed, reached / 2 ** len(names)))


def test_many_patients_agree_with_scipy() -> None:
    rng = np.random.default_rng(3)
    first = rng.normal(0.8, 0.1, 60)
    second = first - rng.normal(0.015, 0.06, 60)
    ones = np.ones(60)
    mean = lambda sums: sums[:, 0] / sums[:, 1]  # noqa: E731
    patients = [f"p{i}" for i in range(60)]
    difference, p = metrics.paired_permutation(
        patients, np.column_stack([first, ones]), np.column_stack([second, ones]), mean
    )
    expected = permutation_test(
        (first, second), lambda a, b: np.mean(a) - np.mean(b), permutation_type="samples", n_resamples=9999, rng=1
    )
    assert difference == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, abs=0.02)


def test_networks_that_are_equally_good_differ_once_in_twenty_times() -> None:
    false_alarms = 0
    for seed in range(200):
        first, second = two_networks(40, seed=seed)
        patients = [f"p{i // 2}" for i in range(40)]
        false_alarms += (
            metrics.paired_permutation(patients, first, second, on_sums.dices, draws=199, seed=seed)[1] < 0.05
        )
    assert false_alarms <= 20


def test_a_network_that_is_better_on_every_film_is_found_out() -> None:
    first, second = two_networks(60, better=12)
    difference, p = metrics.paired_permutation([f"p{i}" for i in range(60)], first, second, on_sums.dices)
    assert difference > 0
    assert p < 0.01


def test_films_of_one_patient_count_as_one() -> None:
    """Ten films of each of five patients cannot give a p below 2 of 2^5 swaps."""
    first, second = two_networks(50, better=9)
    _, p = metrics.paired_permutation([f"p{i // 10}" for i in range(50)], first, second, on_sums.dices)
    assert p == 2 / 2**5


def test_two_networks_with_the_same_results_do_not_differ() -> None:
    first, _ = two_networks(30)
    assert metrics.paired_permutation([f"p{i}" for i in range(30)], first, first, on_sums.dices) == (0.0, 1.0)
    assert metrics.wilcoxon_p([0.5, 0.6], [0.5, 0.6]) == 1.0


def test_the_same_seed_gives_the_same_p_for_a_pair_however_many_others_there_are() -> None:
    first, second = two_networks(40, better=2)
    patients = [f"p{i}" for i in range(40)]
    alone = metrics.paired_permutation(patients, first, second, on_sums.dices, draws=499)
    among = metrics.paired_permutations(patients, [second, first, second], on_sums.dices, draws=499)
    assert among[1, 2] == alone
    assert among[0, 2] == (0.0, 1.0)


def test_wilcoxon_is_scipys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 50))
    assert metrics.wilcoxon_p(first, second) == pytest.approx(wilcoxon(first, second, method="approx").pvalue)


def test_holm_by_hand() -> None:
    assert metrics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert metrics.holm([0.6, 0.7]) == [1.0, 1.0]
    assert metrics.holm([]) == []


@pytest.mark.parametrize("seed", range(5))
def test_holm_rejects_what_stepping_down_rejects(seed: int) -> None:
    values = np.random.default_rng(seed).random(12) ** 3
    for level in (0.01, 0.05, 0.2):
        rejected, left = set(), len(values)
        for index in np.argsort(values):
            if values[index] > level / left:
                break
            rejected.add(int(index))
            left -= 1
        assert {i for i, p in enumerate(metrics.holm(list(values))) if p <= level} == rejected


def test_what_is_no_p_or_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="p_values"):
        metrics.holm([0.5, 1.5])
    with pytest.raises(ValueError, match="same films"):
        metrics.wilcoxon_p([0.5], [0.5, 0.6])
