"""Losses against torch's own and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mlbackend.training.losses import LOSSES, cross_entropy, dice, focal, focal_dice, foreground_logit, soft_dice

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


def hybrid_by_hand(z: np.ndarray, p: np.ndarray, alpha: float, gamma: float) -> float:
    """degerli2021 equations 1 to 7, pixel by pixel and in double precision; ``z`` and ``p`` (N, H, W)."""
    focal_sum, dice_sum = 0.0, 0.0
    for film_z, film_p in zip(z.tolist(), p.tolist(), strict=True):
        overlap = total = 0.0
        for row_z, row_p in zip(film_z, film_p, strict=True):
            for score, truth in zip(row_z, row_p, strict=True):
                q = 1 / (1 + math.exp(-score))
                focal_sum += -alpha * (1 - q) ** gamma * truth * math.log(q)
                focal_sum += -(1 - alpha) * q**gamma * (1 - truth) * math.log(1 - q)
                overlap += truth * q
                total += truth + q
        dice_sum += 1 - 2 * overlap / total
    return focal_sum / z.size + dice_sum / len(z)


@pytest.mark.parametrize("seed", range(5))
def test_the_hybrid_loss_is_equations_3_to_7_of_the_paper(seed: int) -> None:
    generator = np.random.default_rng(seed)
    z, p = generator.normal(0, 3, (3, 4, 4)), (generator.random((3, 4, 4)) > 0.7).astype(float)
    found = focal_dice(torch.from_numpy(z).float(), torch.from_numpy(p).float()).item()
    assert found == pytest.approx(hybrid_by_hand(z, p, alpha=0.25, gamma=2.0), rel=1e-5)


def test_dice_loss_of_half_a_mask_by_hand() -> None:
    truth = torch.zeros(1, 2, 2)
    truth[0, 0] = 1
    sure = 100 * (2 * torch.tensor([[[1.0, 0.0], [0.0, 0.0]]]) - 1)
    assert dice(sure, truth).item() == pytest.approx(1 - 2 * 1 / 3)


def test_a_film_without_foreground_costs_one_dice_and_teaches_by_the_focal_loss_alone() -> None:
    logit = torch.full((1, 4, 4), -200.0, requires_grad=True)
    loss = dice(logit, torch.zeros(1, 4, 4))
    loss.backward()
    assert loss.item() == 1
    assert logit.grad is not None
    assert not bool(logit.grad.any())
    drawn = torch.full((1, 4, 4), 0.5, requires_grad=True)
    focal_dice(drawn, torch.zeros(1, 4, 4)).backward()
    assert drawn.grad is not None
    assert bool((drawn.grad > 0).all())


@pytest.mark.parametrize("name", LOSSES)
def test_a_network_of_one_channel_learns_by_every_loss_as_one_of_two_does(name: str) -> None:
    """Softmax over (0, z) is the sigmoid of z, so one channel stands for two whose first is 0."""
    one = LOGITS[:, 1:]
    two = torch.cat([torch.zeros_like(one), one], dim=1)
    assert LOSSES[name](foreground_logit(one), TRUTH) == LOSSES[name](foreground_logit(two), TRUTH)
