"""Postprocessing against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mlbackend.prediction.postprocess import drop_small_regions, fill_holes, postprocess_lung


def _blobs(seed: int, shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.5, 3)) > rng.uniform(-0.02, 0.1)


def _scipy_lung(mask: np.ndarray) -> np.ndarray:
    filled = ndimage.binary_fill_holes(mask)
    labels, count = ndimage.label(filled, structure=np.ones((3, 3)))
    out = np.zeros_like(filled)
    for label in range(1, count + 1):
        region = labels == label
        if region.sum() >= 0.05 * filled.sum():
            out |= region
    return out


@pytest.mark.parametrize("seed", range(12))
def test_random_masks_come_out_as_with_scipy(seed: int) -> None:
    mask = _blobs(seed)
    assert np.array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))
    assert np.array_equal(postprocess_lung(mask), _scipy_lung(mask))


@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7)])
def test_plain_masks_stay(value: bool, shape: tuple[int, int]) -> None:
    mask = np.full(shape, value)
    assert np.array_equal(postprocess_lung(mask), mask)


def test_a_region_of_exactly_five_per_cent_stays_by_hand() -> None:
    mask = np.zeros((10, 40), bool)
    mask[0:5, 0:19] = True
    mask[8, 0:5] = True
    assert np.array_equal(drop_small_regions(mask), mask)
    mask[8, 4] = False
    assert not drop_small_regions(mask)[8].any()


def test_the_input_is_left_alone() -> None:
    mask = _blobs(1)
    before = mask.copy()
    postprocess_lung(mask)
    assert np.array_equal(mask, before)
