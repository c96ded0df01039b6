"""Losses on foreground logits, by name.

A softmax over two channels is a sigmoid of their difference, so that one logit a pixel serves both output kinds; the
binary form is also deterministic on GPUs, where the two-channel one is not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def foreground_logit(logits: torch.Tensor) -> torch.Tensor:
    """(N, 2, H, W) or (N, 1, H, W) network output to (N, H, W) float32; its sigmoid is the foreground's probability."""
    logits = logits.float()
    return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits[:, 0]


def cross_entropy(logit: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over pixels (tahir2021 section 3); ``logit`` and ``truth`` (N, H, W)."""
    return functional.binary_cross_entropy_with_logits(logit, truth)


def dice(logit: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Dice loss of each film, averaged over the batch (degerli2021 equation 7), without any smoothing.

    A film without foreground costs 1 whatever is drawn and teaches nothing: what is drawn there in vain is the focal
    loss's part of the sum.
    """
    probability = torch.sigmoid(logit)
    overlap = (probability * truth).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + truth.sum(dim=(1, 2))
    # Far below zero a sigmoid is 0 in single precision, and so may a film's sum be.
    return (1 - 2 * overlap / total.clamp_min(torch.finfo(total.dtype).tiny)).mean()


def soft_dice(logit: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - soft Dice of each film, averaged over the batch; an empty film with an empty prediction costs nothing."""
    probability = torch.sigmoid(logit)
    overlap = (probability * truth).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + truth.sum(dim=(1, 2))
    return (1 - (2 * overlap + 1) / (total + 1)).mean()


def focal(logit: torch.Tensor, truth: torch.Tensor, gamma: float = 2.0, alpha: float = 0.25) -> torch.Tensor:
    """Mean focal loss over pixels, alpha-balanced (degerli2021 equation 5)."""
    entropy = functional.binary_cross_entropy_with_logits(logit, truth, reduction="none")
    probability = torch.sigmoid(logit)
    missed = probability * (1 - truth) + (1 - probability) * truth
    balance = alpha * truth + (1 - alpha) * (1 - truth)
    return (balance * missed**gamma * entropy).mean()


def cross_entropy_dice(logit: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross-entropy and soft Dice, added."""
    return cross_entropy(logit, truth) + soft_dice(logit, truth)


def focal_dice(logit: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The hybrid loss: focal and Dice loss, added (degerli2021 section II-C, equations 3 to 7)."""
    return focal(logit, truth) + dice(logit, truth)


LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "cross_entropy_dice": cross_entropy_dice,
    "focal_dice": focal_dice,
}
