"""Augmentation keeps film and truth together."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from mlbackend.data.augmentation import CHANGES, apply_changes, augment, draw_changes, only


def _discs(count: int, size: int = 64) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.stack([((x - 25 - i) ** 2 + (y - 30) ** 2 < 200).float() for i in range(count)])


def test_none_changes_nothing() -> None:
    masks = _discs(2)
    images, truth = augment(masks * 200, masks, "none", torch.Generator())
    assert torch.equal(images, masks * 200)
    assert torch.equal(truth, masks)


def test_film_and_mask_move_together_and_the_mask_stays_binary() -> None:
    masks = _discs(6)
    images, truth = augment(masks * 200, masks, "light", torch.Generator().manual_seed(1))
    assert set(truth.unique().tolist()) == {0.0, 1.0}
    assert not torch.equal(truth, masks)
    # Exposure changes the disc's grey but not where its half-way edge is, up to the bilinear rim.
    top = images.amax(dim=(1, 2), keepdim=True)
    drawn = images > top * 0.45
    overlap = 2 * (drawn * truth).sum() / (drawn.sum() + truth.sum())
    assert overlap > 0.95
    assert images.min() >= 0
    assert images.max() <= 255


def test_the_same_seed_draws_the_same() -> None:
    masks = _discs(3)
    first = augment(masks * 99, masks, "light", torch.Generator().manual_seed(4))
    second = augment(masks * 99, masks, "light", torch.Generator().manual_seed(4))
    other = augment(masks * 99, masks, "light", torch.Generator().manual_seed(5))
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize(("degrees", "shift_x", "shift_y"), [(0, 0.1, -0.06), (10, 0, 0), (-7, 0.03, 0.08)])
def test_shift_and_rotation_are_those_of_an_independent_library_with_the_nearest_pixel_repeated(
    degrees: float, shift_x: float, shift_y: float
) -> None:
    size = 32
    film = ndimage.gaussian_filter(np.random.default_rng(1).uniform(0, 255, (size, size)), 2).astype(np.float32)
    mask = (film > 128).astype(np.float32)
    changes = torch.tensor([[degrees], [2 * shift_x], [2 * shift_y]])
    moved, truth = apply_changes(torch.from_numpy(film)[None], torch.from_numpy(mask)[None], changes)
    angle = math.radians(degrees)
    # Rows first, as the library has it: where each pixel of the new film comes from in the old one.
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = np.full(2, (size - 1) / 2)
    offset = centre - turn @ centre + np.array([shift_y, shift_x]) * size
    expected = ndimage.affine_transform(film, turn, offset, order=1, mode="nearest")
    np.testing.assert_allclose(moved[0].numpy(), expected, atol=0.01)
    nearest = ndimage.affine_transform(mask, turn, offset, order=0, mode="nearest")
    assert np.mean(truth[0].numpy() != nearest) < 0.005


def test_films_are_shifted_by_a_tenth_and_turned_by_ten_degrees_at_most() -> None:
    degrees, shift_x, shift_y = draw_changes(20_000, "shift_rotate", torch.Generator().manual_seed(1))
    for values, most in ((degrees, 10.0), (shift_x / 2, 0.1), (shift_y / 2, 0.1)):
        assert float(values.abs().max()) <= most
        assert float(values.abs().max()) > 0.99 * most
        assert float(values.mean().abs()) < 0.02 * most


def test_a_border_of_infection_is_repeated_where_it_comes_into_view() -> None:
    masks = torch.zeros(1, 20, 20)
    masks[:, :, :3] = 1
    _, truth = apply_changes(masks * 200, masks, torch.tensor([[0.0], [-0.2], [0.0]]))
    assert bool(truth[0, :, :5].all())
    assert not bool(truth[0, :, 5:].any())


@pytest.mark.parametrize("kind", ["light", "shift_rotate"])
def test_films_that_were_not_chosen_stay_exactly_as_they_are(kind: str) -> None:
    masks = _discs(4)
    changes = draw_changes(4, kind, torch.Generator().manual_seed(2))
    chosen = torch.tensor([True, False, True, False])
    images, truth = apply_changes(masks * 200, masks, only(changes, chosen))
    all_images, all_truth = apply_changes(masks * 200, masks, changes)
    assert torch.equal(images[~chosen], masks[~chosen] * 200)
    assert torch.equal(truth[~chosen], masks[~chosen])
    assert torch.equal(images[chosen], all_images[chosen])
    assert torch.equal(truth[chosen], all_truth[chosen])


def test_kinds_can_be_told_apart_by_their_numbers_with_and_without_a_choice() -> None:
    rows = [*CHANGES.values(), *(count + 1 for count in CHANGES.values() if count)]
    assert len(set(rows)) == len(rows)
    nothing = draw_changes(3, "none", torch.Generator())
    assert only(nothing, torch.ones(3, dtype=torch.bool)) is nothing
