"""Augmentation keeps film and truth together."""

from __future__ import annotations

import torch

from mlbackend.data.augmentation import augment


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
