"""Splits by patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlbackend.data.splits import split_by_patient

GROUPS = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=60)


@given(GROUPS, st.floats(0, 1), st.integers(0, 99))
def test_no_patient_is_on_both_sides(groups: list[str], fraction: float, seed: int) -> None:
    held_out = split_by_patient(groups, fraction, seed)
    inside = {group for group, held in zip(groups, held_out, strict=True) if held}
    outside = {group for group, held in zip(groups, held_out, strict=True) if not held}
    assert not inside & outside
    if len(set(groups)) > 1 and 0 < fraction < 1:
        assert inside
        assert outside


@given(GROUPS, st.floats(0, 1), st.integers(0, 99), st.randoms())
def test_the_choice_depends_on_patients_and_seed_alone(groups: list[str], fraction: float, seed: int, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = groups.copy()
    random.shuffle(shuffled)
    first = dict(zip(groups, split_by_patient(groups, fraction, seed), strict=True))
    assert first == dict(zip(shuffled, split_by_patient(shuffled, fraction, seed), strict=True))


def test_single_films_are_split_to_the_number() -> None:
    assert split_by_patient([str(i) for i in range(100)], 0.2, 1).sum() == 20


def test_seeds_differ() -> None:
    groups = [str(i) for i in range(100)]
    assert not np.array_equal(split_by_patient(groups, 0.2, 1), split_by_patient(groups, 0.2, 2))


def test_a_fraction_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"fraction: 1\.5"):
        split_by_patient(["a"], 1.5, 1)
