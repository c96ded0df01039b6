"""Weights to and from safetensors bytes."""

from __future__ import annotations

import hashlib

import safetensors.torch
import torch
from torch import nn


class WeightsError(ValueError):
    """Weights that are not what their reference says, or do not fit their network."""


def state_of(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the weights and running statistics, on the CPU and contiguous."""
    return {
        name: value.detach().to("cpu", copy=True).contiguous() for name, value in sorted(network.state_dict().items())
    }


def weights_to_bytes(state: dict[str, torch.Tensor]) -> tuple[bytes, str]:
    """Safetensors bytes and their sha256; equal weights give equal bytes."""
    data = safetensors.torch.save({name: value.contiguous() for name, value in state.items()})
    return data, hashlib.sha256(data).hexdigest()


def load_weights(network: nn.Module, data: bytes, sha256: str, name: str) -> None:
    """Put stored weights into a network; raises WeightsError where the sum or any tensor does not fit."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsError(f"weights of model {name}: sha256 is {found}, expected {sha256}; the file was changed")
    try:
        network.load_state_dict(safetensors.torch.load(data))
    except Exception as error:
        raise WeightsError(f"weights of model {name} do not fit its network: {error}") from error
