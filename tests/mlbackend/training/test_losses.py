"""Losses against torch's own and by hand."""

from __future__ import annotations

import math

import pytest
import torch

from mlbackend.training.losses import cross_entropy, focal, focal_dice, foreground_logit, soft_dice

LOGITS = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(1))
TRUTH = (torch.rand(2, 4, 4, generator=torch.Generator().manual_seed(2)) > 0.5).float()


def test_cross_entropy_is_that_of_a_softmax_over_two_channels() -> None:
    expected = torch.nn.functional.cross_entropy(LOGITS, TRUTH.long())
    assert cross_entropy(foreground_logit(LOGITS), TRUTH).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_foregrounds_probability_is_that_of_the_softmax() -> None:
    assert torch.allclose(torch.sigmoid(foreground_logit(LOGITS)), LOGITS.softmax(dim=1)[:, 1])


def test_focal_loss_without_focus_is_half_the_cross_entropy() -> None:
    logit = foreground_logit(LOGITS)
    assert focal(logit, TRUTH, gamma=0, alpha=0.5).item() == pytest.approx(cross_entropy(logit, TRUTH).item() / 2)


def test_focal_loss_of_one_pixel_by_hand() -> None:
    logit, truth = torch.full((1, 1, 1), math.log(3)), torch.ones(1, 1, 1)
    assert focal(logit, truth).item() == pytest.approx(0.25 * 0.25**2 * -math.log(0.75))


def test_soft_dice_of_right_wrong_and_empty_films() -> None:
    sure = 50 * (2 * TRUTH - 1)
    assert soft_dice(sure, TRUTH).item() == pytest.approx(0, abs=1e-6)
    assert soft_dice(-sure, TRUTH).item() > 0.9
    assert soft_dice(torch.full_like(sure, -50), torch.zeros_like(TRUTH)).item() == pytest.approx(0, abs=1e-6)
    assert focal_dice(sure, TRUTH).item() == pytest.approx(0, abs=1e-6)
