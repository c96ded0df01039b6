"""Broken proposals and ties."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.reviews.probes import break_mask
from annotation.reviews.services.tasks import tie_groups
from tests.support.fake_gpu import shifted
from tests.support.pictures import lungs_hw


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_a_broken_mask_always_differs(height: int, width: int, seed: int, filled: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < filled
    before = mask.copy()
    broken, how = break_mask(mask, random.Random(seed))
    assert broken.shape == mask.shape
    assert broken.dtype == bool
    assert not np.array_equal(broken, mask)
    assert np.array_equal(mask, before), "the proposal itself stays"
    assert how


@pytest.mark.parametrize("filled", [False, True])
def test_an_empty_and_a_full_mask_are_broken_too(filled: bool) -> None:
    mask = np.full((32, 32), filled)
    for seed in range(8):
        assert not np.array_equal(break_mask(mask, random.Random(seed))[0], mask)


def test_the_faults_are_large_enough_to_be_seen() -> None:
    mask = lungs_hw(96, 128)
    for seed in range(12):
        broken, how = break_mask(mask, random.Random(seed))
        changed = np.count_nonzero(broken != mask) / np.count_nonzero(mask)
        assert changed > 0.1, how


def test_near_identical_masks_tie_also_over_a_third() -> None:
    mask = lungs_hw(96, 128)
    chain = [shifted(mask, columns) for columns in (0, 1, 2)]
    between = 2 * (chain[0] & chain[1]).sum() / (chain[0].sum() + chain[1].sum())
    apart = 2 * (chain[0] & chain[2]).sum() / (chain[0].sum() + chain[2].sum())
    level = (between + apart) / 2
    assert tie_groups(chain, level) == [0, 0, 0]
    assert tie_groups([chain[0], chain[2]], level) == [0, 1]
    assert tie_groups([*chain, ~mask], level) == [0, 0, 0, 3]


def test_empty_masks_tie_with_each_other() -> None:
    empty = np.zeros((8, 8), bool)
    assert len(set(tie_groups([empty, empty, lungs_hw(8, 8)], 0.998))) == 2
