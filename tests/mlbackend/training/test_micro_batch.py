"""Batches that memory does not hold at once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlbackend.training.passes import parts_of


@given(st.integers(1, 64), st.integers(1, 64))
def test_every_film_of_a_batch_goes_through_once_and_none_alone(count: int, size: int) -> None:
    parts = parts_of(count, size)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(count))
    longest = max(part.stop - part.start for part in parts)
    assert longest <= size + 1
    if size > 1 and count > 1:
        assert min(part.stop - part.start for part in parts) > 1


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_gradients_of_parts_add_up_to_those_of_the_whole_batch(size: int) -> None:
    torch.manual_seed(1)
    layer = torch.nn.Linear(6, 1)
    batch, truth = torch.randn(7, 6), torch.randn(7, 1)
    torch.nn.functional.mse_loss(layer(batch), truth).backward()
    whole = layer.weight.grad.clone()
    layer.zero_grad()
    for part in parts_of(7, size):
        share = (part.stop - part.start) / 7
        (torch.nn.functional.mse_loss(layer(batch[part]), truth[part]) * share).backward()
    assert torch.allclose(layer.weight.grad, whole, atol=1e-6)
