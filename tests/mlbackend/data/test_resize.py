"""Working size and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlbackend.data.resize import enlarge_probability, shrink_image, shrink_mask

RNG = np.random.default_rng(3)


def test_a_film_shrinks_to_block_means() -> None:
    film = RNG.integers(0, 256, (64, 128), dtype=np.uint8)
    means = film.reshape(32, 2, 32, 4).mean(axis=(1, 3))
    assert np.abs(shrink_image(film, 32) - means).max() <= 0.51


def test_a_mask_keeps_pixels_that_are_half_covered() -> None:
    mask = RNG.random((96, 64)) < 0.5
    shares = mask.reshape(32, 3, 32, 2).mean(axis=(1, 3))
    assert np.array_equal(shrink_mask(mask, 32), shares >= 0.5)


def test_sizes_that_fit_are_left_alone() -> None:
    film = RNG.integers(0, 256, (32, 32), dtype=np.uint8)
    assert shrink_image(film, 32) is film
    assert np.array_equal(shrink_mask(film > 9, 32), film > 9)


def test_small_films_grow_without_new_extremes() -> None:
    film = RNG.integers(50, 200, (20, 40), dtype=np.uint8)
    grown = shrink_image(film, 64)
    assert grown.shape == (64, 64)
    assert grown.min() >= film.min()
    assert grown.max() <= film.max()


@pytest.mark.parametrize("shape", [(64, 64), (50, 97), (333, 210)])
def test_probabilities_grow_as_torchs_bilinear(shape: tuple[int, int]) -> None:
    probability = RNG.random((32, 32), dtype=np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(probability)[None, None], size=shape, mode="bilinear", align_corners=False
    )
    assert np.abs(enlarge_probability(probability, *shape) - expected[0, 0].numpy()).max() < 2e-3
