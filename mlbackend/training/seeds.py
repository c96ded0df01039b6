"""Random numbers that follow from the seed and the epoch alone, so that a resumed training draws the same ones."""

from __future__ import annotations

import numpy as np
import torch


def derive_seed(seed: int, epoch: int, use: int) -> int:
    """A 63-bit seed for one use (0 weights, 1 order, 2 augmentation, 3 dropout, 4 balance) in one epoch."""
    high, low = np.random.SeedSequence((seed, epoch, use)).generate_state(2, np.uint32)
    return (int(high) << 31 | int(low) >> 1) & (2**63 - 1)


def epoch_batches(count: int, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Row numbers of an epoch's batches, shuffled; sizes differ by one at most.

    A last batch of a single film would give batch normalisation nothing to average over, so rows are spread evenly.
    """
    order = np.random.default_rng(derive_seed(seed, epoch, 1)).permutation(count)
    return np.array_split(order, -(-count // batch_size))


def seed_dropout(seed: int, epoch: int) -> None:
    """Seed torch's global generators of all devices for an epoch."""
    torch.manual_seed(derive_seed(seed, epoch, 3))


def augmentation_generator(seed: int, epoch: int) -> torch.Generator:
    """The epoch's own generator for augmentation, on the CPU."""
    return torch.Generator().manual_seed(derive_seed(seed, epoch, 2))


def balance_generator(seed: int, epoch: int) -> np.random.Generator:
    """The epoch's own generator for which films are shown once more."""
    return np.random.default_rng(derive_seed(seed, epoch, 4))
