"""Classes that count as many: the paper's own tables, and which films are shown again."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlbackend.data.balance import added_rows, balanced_counts

LIMIT = 4.81


def test_the_first_control_group_of_the_paper_is_balanced_to_the_film() -> None:
    assert balanced_counts(2361, 10035, LIMIT) == (10035, 10035)


def test_the_second_control_group_of_the_paper_is_too_large_to_be_caught_up_with() -> None:
    positive, negative = balanced_counts(2078, 86524 + 2130 + 1146, LIMIT)
    assert positive == pytest.approx(10_000, rel=0.001)
    assert negative == 89_800


@given(st.integers(0, 500), st.integers(0, 500), st.floats(1, 20))
def test_no_class_shrinks_outgrows_the_other_or_is_made_of_nothing(positive: int, negative: int, limit: float) -> None:
    shown = balanced_counts(positive, negative, limit)
    for own, other, now in ((positive, negative, shown[0]), (negative, positive, shown[1])):
        assert own <= now <= max(own, other)
        assert now <= max(own, round(limit * own))


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.floats(1, 6), st.integers(0, 5))
def test_films_of_the_rarer_class_are_shown_again_equally_often_or_once_more(
    classes: list[bool], limit: float, seed: int
) -> None:
    positive = np.array(classes)
    rows = added_rows(positive, limit, np.random.default_rng(seed).permutation)
    own = [int(positive.sum()), int((~positive).sum())]
    rarer = own[0] < own[1]
    assert len(rows) == sum(balanced_counts(own[0], own[1], limit)) - len(classes)
    times = Counter(rows.tolist())
    assert all(bool(positive[row]) is rarer for row in times)
    if len(rows):
        counts = [times[row] for row in np.flatnonzero(positive == rarer).tolist()]
        assert max(counts) - min(counts) <= 1


def test_where_all_films_are_of_one_class_none_is_shown_again() -> None:
    assert len(added_rows(np.ones(5, bool), 4, np.random.default_rng(1).permutation)) == 0


def test_without_a_limit_nothing_is_added() -> None:
    assert balanced_counts(3, 9, 0) == (3, 9)
