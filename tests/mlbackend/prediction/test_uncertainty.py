"""Confidence and disagreement."""

from __future__ import annotations

import numpy as np
import pytest

from mlbackend.metrics import dice
from mlbackend.prediction.uncertainty import confidence, disagreement


def test_confidence_by_hand() -> None:
    assert confidence(np.array([[0.5, 1.0], [0.0, 0.7]], np.float32)) == pytest.approx((0.5 + 1 + 1 + 0.7) / 4)


def test_disagreement_is_one_minus_the_mean_pairwise_dice() -> None:
    masks = list(np.random.default_rng(1).random((4, 30, 20)) < 0.5)
    expected = [1 - np.mean([dice(a, b) for j, b in enumerate(masks) if j != i]) for i, a in enumerate(masks)]
    assert disagreement(masks) == pytest.approx(expected)


def test_equal_and_empty_masks_agree() -> None:
    empty = np.zeros((3, 3), bool)
    assert disagreement([empty, empty]) == [0.0, 0.0]
    assert disagreement([empty, ~empty]) == [1.0, 1.0]


def test_one_mask_alone_has_nobody_to_differ_from() -> None:
    assert disagreement([np.ones((2, 2), bool)]) == [None]
