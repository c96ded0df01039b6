"""HD95 by hand, by brute force over all pairs of boundary pixels, and by what a distance must obey."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import directed_hausdorff

from mlbackend.metrics import boundary, hausdorff, hd95

EMPTY = np.zeros((4, 4), bool)
CORNER = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool)
FAR = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]], bool)
MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))
SPACING = st.tuples(st.floats(0.1, 5), st.floats(0.1, 5))


def brute(first: np.ndarray, second: np.ndarray, spacing: tuple[float, float], percentile: float) -> float:
    """All distances between all boundary pixels, one by one; boundary by scipy's erosion."""
    points = [
        [(y * spacing[0], x * spacing[1]) for y, x in np.argwhere(mask & ~binary_erosion(mask))]
        for mask in (first, second)
    ]
    nearest = [min(math.dist(p, q) for q in points[1]) for p in points[0]]
    nearest += [min(math.dist(p, q) for p in points[0]) for q in points[1]]
    return float(np.percentile(nearest, percentile))


def test_distance_by_hand() -> None:
    """From the corner's pixels to (3, 3): 3√2, √13 twice, 2√2; and back: 2√2."""
    distances = [math.sqrt(18), math.sqrt(13), math.sqrt(13), math.sqrt(8), math.sqrt(8)]
    assert hausdorff(CORNER, FAR) == pytest.approx(math.sqrt(18))
    assert hd95(CORNER, FAR) == pytest.approx(np.percentile(distances, 95))


def test_spacing_says_how_high_and_wide_a_pixel_is() -> None:
    left, right = np.zeros((2, 5), bool), np.zeros((2, 5), bool)
    left[0, 0], right[0, 4] = True, True
    assert hd95(left, right, (9.0, 0.5)) == pytest.approx(2.0)
    assert hd95(left.T, right.T, (9.0, 0.5)) == pytest.approx(36.0)


def test_the_frame_of_the_picture_bounds_a_mask() -> None:
    full = np.ones((4, 4), bool)
    assert boundary(full).sum() == 12
    assert not boundary(full)[1:3, 1:3].any()


def test_a_pixel_with_background_only_at_a_corner_is_inside() -> None:
    mask = np.ones((5, 5), bool)
    mask[1, 1] = False
    assert not boundary(mask)[2, 2]
    assert boundary(mask)[1, 2]


def test_two_empty_masks_have_no_distance_and_one_empty_mask_has_none_that_means_anything() -> None:
    assert hd95(EMPTY, EMPTY) == 0.0
    assert hd95(EMPTY, CORNER) is None
    assert hd95(CORNER, EMPTY) is None


@given(st.data(), SPACING)
def test_any_two_masks_have_the_distance_of_brute_force(data: st.DataObject, spacing: tuple[float, float]) -> None:
    first = data.draw(MASKS)
    second = data.draw(arrays(bool, first.shape))
    if first.any() and second.any():
        assert hd95(first, second, spacing) == pytest.approx(brute(first, second, spacing, 95))
        assert hausdorff(first, second, spacing) == pytest.approx(brute(first, second, spacing, 100))


@given(st.data())
def test_the_full_distance_is_that_of_scipy(data: st.DataObject) -> None:
    first = data.draw(MASKS)
    second = data.draw(arrays(bool, first.shape))
    if first.any() and second.any():
        one, two = np.argwhere(boundary(first)), np.argwhere(boundary(second))
        expected = max(directed_hausdorff(one, two)[0], directed_hausdorff(two, one)[0])
        assert hausdorff(first, second) == pytest.approx(expected)


@given(st.data())
def test_order_does_not_matter_and_a_mask_is_at_no_distance_from_itself(data: st.DataObject) -> None:
    first = data.draw(MASKS)
    second = data.draw(arrays(bool, first.shape))
    assert hd95(first, first) == 0.0
    forth, back = hd95(first, second), hd95(second, first)
    assert forth == back if forth is None or back is None else forth == pytest.approx(back)


@given(st.integers(0, 12))
def test_a_thin_line_moved_by_k_pixels_is_at_distance_k(k: int) -> None:
    line = np.zeros((30, 30), bool)
    line[3:27, 5] = True
    assert hd95(line, np.roll(line, k, axis=1)) == k


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4\) and \(2, 8\)"):
        hd95(EMPTY, EMPTY.reshape(2, 8))
    with pytest.raises(ValueError, match="spacing"):
        hd95(CORNER, FAR, (1.0, 0.0))
    with pytest.raises(ValueError, match="percentile"):
        hausdorff(CORNER, FAR, percentile=101)
    with pytest.raises(ValueError, match="height, width"):
        boundary(np.zeros(4, bool))
