"""Corrections that end at a stated DSC."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import disk, ellipse

from annotation.simulation.oracle import draw, repair
from tests.support.pictures import lungs_hw


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """DSC by sets of pixels, apart from the product's own metric."""
    a, b = set(np.flatnonzero(first)), set(np.flatnonzero(second))
    return 2 * len(a & b) / (len(a) + len(b))


def truth_of(side: int) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[ellipse(side * 0.5, side * 0.28, side * 0.33, side * 0.16)] = True
    mask[ellipse(side * 0.5, side * 0.72, side * 0.33, side * 0.16)] = True
    return mask


@settings(max_examples=25, deadline=None)
@given(
    shift=st.tuples(st.integers(-12, 12), st.integers(-12, 12)),
    hole=st.integers(0, 20),
    target=st.sampled_from([0.95, 0.97, 0.99]),
    seed=st.integers(0, 2**31),
)
def test_a_correction_ends_at_the_stated_dsc_and_never_at_the_truth(
    shift: tuple[int, int], hole: int, target: float, seed: int
) -> None:
    truth = truth_of(160)
    start = np.roll(truth, shift, (0, 1))
    if hole:
        start[disk((80, 45), hole)] = False
    result = repair(start, truth, target, seed)
    assert target <= overlap(result, truth) < target + 0.005
    assert not (result == truth).all()


def test_a_correction_from_nothing_and_one_from_everything_end_at_the_stated_dsc() -> None:
    truth = truth_of(160)
    for start in (np.zeros_like(truth), np.ones_like(truth)):
        assert 0.97 <= overlap(repair(start, truth, 0.97, 1), truth) < 0.975


def test_a_correction_of_the_truth_itself_is_not_the_truth() -> None:
    truth = truth_of(160)
    assert 0.97 <= overlap(repair(truth, truth, 0.97, 1), truth) < 1


def test_the_same_seed_draws_the_same_and_another_seed_another_mask() -> None:
    truth = truth_of(160)
    start = np.roll(truth, 9, 0)
    assert (repair(start, truth, 0.97, 5) == repair(start, truth, 0.97, 5)).all()
    assert not (repair(start, truth, 0.97, 5) == repair(start, truth, 0.97, 6)).all()
    assert (draw(truth, 0.97, 5) == draw(truth, 0.97, 5)).all()


def test_a_correction_changes_only_what_was_wrong() -> None:
    truth = truth_of(160)
    start = np.roll(truth, 9, 1)
    result = repair(start, truth, 0.97, 1)
    assert (result == truth)[start == truth].all()


def test_what_lies_far_from_the_contour_is_mended_first() -> None:
    truth = truth_of(160)
    start = np.roll(truth, 4, 0)
    start[disk((80, 80), 6)] = True
    result = repair(start, truth, 0.98, 1)
    assert not result[disk((80, 80), 3)].any()


def test_a_film_of_few_pixels_still_gets_a_mask_that_is_not_the_truth() -> None:
    truth = np.zeros((4, 4), bool)
    truth[1:3, 1:3] = True
    for mask in (draw(truth, 0.97, 1), repair(truth, truth, 0.97, 1)):
        assert not (mask == truth).all()


def test_a_drawing_has_a_wavy_contour_and_no_loose_pixels_far_away() -> None:
    truth = lungs_hw(256, 256)
    drawn = draw(truth, 0.97, 3)
    assert 0.97 <= overlap(drawn, truth) < 0.975


@pytest.mark.parametrize(
    ("start", "truth", "target", "word"),
    [
        (np.ones((4, 4), bool), np.ones((4, 5), bool), 0.9, "shapes"),
        (np.ones((4, 4), bool), np.zeros((4, 4), bool), 0.9, "empty"),
        (np.ones((4, 4), bool), np.ones((4, 4), bool), 1.0, "target_dsc"),
    ],
)
def test_what_cannot_be_corrected_is_named(start: np.ndarray, truth: np.ndarray, target: float, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        repair(start, truth, target, 1)
