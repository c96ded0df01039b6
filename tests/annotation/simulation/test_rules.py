"""The stated rules of the simulated reviewers."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.simulation.oracle import Judge, Rules


@pytest.mark.parametrize(
    ("dsc", "decision"), [(0.93, "accept"), (1.0, "accept"), (0.925, "unsure"), (0.9199, "reject"), (0.0, "reject")]
)
def test_a_verdict_follows_the_thresholds(dsc: float, decision: str) -> None:
    assert Judge(Rules(accept_dsc=0.93, unsure_margin=0.01), 1).verdict(dsc) == decision


def test_the_rule_below_is_unsure_of_hopeless_masks_alone() -> None:
    judge = Judge(Rules(unsure_rule="below", unsure_below=0.6), 1)
    assert [judge.verdict(dsc) for dsc in (0.59, 0.61, 0.925)] == ["unsure", "reject", "reject"]


def test_without_a_rule_nobody_is_unsure() -> None:
    judge = Judge(Rules(unsure_rule="none"), 1)
    assert {judge.verdict(dsc) for dsc in np.linspace(0, 1, 101)} == {"accept", "reject"}


def test_the_best_candidate_is_picked_where_it_is_good_enough() -> None:
    judge = Judge(Rules(accept_dsc=0.93), 1)
    assert judge.pick([0.2, 0.94, 0.96, 0.95]) == 2
    assert judge.pick([0.2, 0.9299, 0.5]) is None


def test_without_noise_a_dsc_is_seen_as_it_is() -> None:
    assert Judge(Rules(noise=0.0), 1).perceived(0.9, "annotator-1", "film") == 0.9


def test_noise_has_its_spread_and_repeats_by_seed() -> None:
    judge = Judge(Rules(noise=0.02), 1)
    seen = [judge.perceived(0.9, "annotator-1", str(i)) for i in range(2000)]
    assert np.mean(seen) == pytest.approx(0.9, abs=0.002)
    assert np.std(seen) == pytest.approx(0.02, rel=0.1)
    assert seen[:5] == [Judge(Rules(noise=0.02), 1).perceived(0.9, "annotator-1", str(i)) for i in range(5)]


def test_every_rule_is_put_into_words() -> None:
    text = " ".join(Rules(accept_dsc=0.91, correct_dsc=0.975, verify_dsc=0.92, noise=0.03).describe())
    assert all(number in text for number in ("0.91", "0.975", "0.92", "0.03"))
