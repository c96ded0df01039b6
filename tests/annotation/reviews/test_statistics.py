"""Kappa and the test of even picks, against published examples, scikit-learn, SciPy and simulation."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from annotation.reviews.statistics import cohen_kappa, even_picks, fleiss_kappa, pooled_kappa, rank_chances
from annotation.reviews.statistics.cohen import standard_error

DIAGNOSES = ("depression", "personality", "schizophrenia", "neurosis", "other")
FLEISS_1971 = [
    "00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006",
    "10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203",
    "00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006",
]  # fmt: skip
"""Table 1: how many of six psychiatrists gave each of 30 patients each diagnosis."""
PSYCHIATRISTS = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
"""Two raters of 100 patients (Fleiss 1981, table 13.1)."""


def readings(table: list[str]) -> list[list[str]]:
    return [[name for name, n in zip(DIAGNOSES, row, strict=True) for _ in range(int(n))] for row in table]


def pairs_of(table: np.ndarray) -> list[tuple[str, str]]:
    return [("abc"[i], "abc"[j]) for i, j in np.ndindex(table.shape) for _ in range(table[i, j])]


def test_cohens_kappa_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import cohen_kappa_score

    rng = random.Random(3)
    words = ["accept", "reject", "unsure", "exclude"]
    pairs = [(rng.choice(words), rng.choice(words[:3])) for _ in range(200)]
    expected = cohen_kappa_score([one for one, _ in pairs], [other for _, other in pairs])
    assert cohen_kappa(pairs)["kappa"] == pytest.approx(expected)
    assert pooled_kappa(pairs)["kappa"] == pytest.approx(expected)


def test_cohens_kappa_by_hand_and_where_it_has_no_value() -> None:
    pairs = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    found = cohen_kappa(pairs)
    assert (found["films"], found["agreement"], found["kappa"]) == (50, 0.7, pytest.approx(0.4))
    nothing = {"kappa": None, "low": None, "high": None}
    assert cohen_kappa([("a", "a")] * 3) == {"films": 3, "agreement": 1.0, **nothing}
    assert cohen_kappa([]) == {"films": 0, "agreement": None, **nothing}
    assert pooled_kappa([("a",), ("b",)]) == {"films": 0, "pairs": 0, "agreement": None, **nothing}
    assert pooled_kappa([("a", "a")] * 20) == {"films": 20, "pairs": 20, "agreement": 1.0, **nothing}


def test_the_error_of_cohens_kappa_is_that_of_published_examples() -> None:
    found = cohen_kappa(pairs_of(PSYCHIATRISTS))
    assert found["kappa"] == pytest.approx(0.676, abs=5e-4)
    assert standard_error(PSYCHIATRISTS.astype(float)) == pytest.approx(0.088, abs=5e-4)
    # Fleiss, Cohen and Everitt 1969, table 1, unweighted.
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    assert cohen_kappa(pairs_of(table))["kappa"] == pytest.approx(0.429, abs=5e-4)
    assert standard_error(table.astype(float)) == pytest.approx(0.054, abs=5e-4)


def test_perfect_agreement_has_a_kappa_of_one_and_no_interval() -> None:
    found = cohen_kappa([("a", "a"), ("b", "b")] * 10)
    assert (found["kappa"], found["low"], found["high"]) == (1.0, None, None)


def test_the_bootstrap_interval_is_near_the_large_sample_one_and_always_the_same() -> None:
    pairs = pairs_of(PSYCHIATRISTS * 4)
    exact, drawn = cohen_kappa(pairs), pooled_kappa(pairs)
    assert drawn["low"] == pytest.approx(exact["low"], abs=0.02)
    assert drawn["high"] == pytest.approx(exact["high"], abs=0.02)
    assert drawn == pooled_kappa(pairs)
    assert pooled_kappa(pairs[:9])["low"] is None, "nine films are too few to resample"


def test_a_film_with_three_readers_makes_three_pairs() -> None:
    found = pooled_kappa([("a", "a", "b"), ("b", "b")])
    assert (found["films"], found["pairs"], found["agreement"]) == (2, 4, 0.5)


def test_fleiss_kappa_of_his_own_example() -> None:
    found = fleiss_kappa(readings(FLEISS_1971))
    assert (found["readers"], found["films"]) == (6, 30)
    assert found["kappa"] == pytest.approx(0.430, abs=5e-4)
    assert found["agreement"] == pytest.approx(0.556, abs=5e-4)
    assert found["low"] < 0.43 < found["high"]
    own = {one["decision"]: round(one["kappa"], 3) for one in found["categories"]}
    assert own == {"depression": 0.245, "personality": 0.245, "schizophrenia": 0.52, "neurosis": 0.471, "other": 0.566}
    assert {one["decision"]: one["readings"] for one in found["categories"]} == {
        "depression": 26, "personality": 26, "schizophrenia": 30, "neurosis": 55, "other": 43,
    }  # fmt: skip


def test_fleiss_kappa_by_hand_on_four_films() -> None:
    # Pairs agree on 1, 1, 0 and 0 of 4 films: 1/2; shares 1/2 and 1/2, chance 1/2: kappa 0.
    found = fleiss_kappa([["a", "a"], ["b", "b"], ["a", "b"], ["b", "a"]])
    assert (found["agreement"], found["kappa"], found["low"]) == (0.5, 0.0, None)
    assert fleiss_kappa([["a", "a"]] * 4)["kappa"] is None
    with pytest.raises(ValueError, match="readers"):
        fleiss_kappa([["a", "a"], ["a", "b", "a"]])


def test_the_chance_of_a_place_follows_from_shuffling() -> None:
    assert rank_chances((1,) * 6, 1) == pytest.approx([1 / 6] * 6)
    rng = random.Random(5)
    for sizes, picked in [((1, 1, 2, 2), 2), ((1, 1, 1, 1, 2), 1), ((1, 2, 3), 3), ((1, 1, 1, 3), 3), ((6,), 6)]:
        chosen = sizes.index(picked)
        seen: Counter[int] = Counter()
        for _ in range(20_000):
            masks = [group for group, size in enumerate(sizes) for _ in range(size)]
            rng.shuffle(masks)
            seen[list(dict.fromkeys(masks)).index(chosen)] += 1
        expected = [seen[place] / 20_000 for place in range(len(sizes))]
        assert rank_chances(sizes, picked) == pytest.approx(expected, abs=0.015), (sizes, picked)


def test_the_test_of_even_picks_agrees_with_scipy() -> None:
    from scipy.stats import chisquare

    counts = [18, 9, 11, 7, 8, 7]
    found = even_picks([(place, (1 / 6,) * 6) for place, n in enumerate(counts) for _ in range(n)])
    expected = chisquare(counts)
    assert (found["observed"], found["df"]) == (counts, 5)
    assert found["chi_square"] == pytest.approx(expected.statistic)
    assert found["p"] == pytest.approx(expected.pvalue)


def test_too_few_picks_give_no_p_and_say_how_many_are_needed() -> None:
    found = even_picks([(0, (1 / 6,) * 6)] * 29)
    assert (found["p"], found["needed"]) == (None, 30)
    assert even_picks([(0, (1 / 6,) * 6)] * 30)["p"] is not None


def test_even_picks_are_rarely_called_uneven_even_with_ties() -> None:
    """Under no preference one test in twenty falls below 0.05: the ties' expectation is right."""
    rng = random.Random(11)
    below = 0
    for _ in range(300):
        picks = []
        for _ in range(120):
            masks = [0, 0, 1, 2, 3]
            rng.shuffle(masks)
            order = list(dict.fromkeys(masks))
            best = rng.choice([0, 0, 1, 2, 3])
            picks.append((order.index(best), rank_chances((1, 1, 1, 2), 2 if best == 0 else 1)))
        below += even_picks(picks)["p"] < 0.05
    assert below / 300 < 0.09
