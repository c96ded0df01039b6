"""Trained networks, ready to predict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mlbackend.contracts import ModelRef
from mlbackend.data.normalise import normalise
from mlbackend.models.device import autocast
from mlbackend.models.registry import build_network
from mlbackend.models.weights import load_weights
from mlbackend.storage import Storage
from mlbackend.training.losses import foreground_logit


@dataclass(frozen=True)
class Engine:
    """One network in memory; give it films at its own ``size``."""

    model_id: str
    size: int
    network: nn.Module
    device: torch.device
    precision: str

    @torch.inference_mode()
    def probabilities(self, images: npt.NDArray[np.uint8], batch_size: int) -> npt.NDArray[np.float32]:
        """Foreground probability (N, size, size), 0..1, of films (N, size, size) uint8."""
        out = np.empty(images.shape, np.float32)
        for start in range(0, len(images), batch_size):
            rows = slice(start, start + batch_size)
            films = normalise(torch.from_numpy(images[rows]).to(self.device))
            with autocast(self.device, self.precision):
                logits = self.network(films)
            out[rows] = torch.sigmoid(foreground_logit(logits)).cpu().numpy()
        return out


def load_engine(model: ModelRef, storage: Storage, device: torch.device, precision: str) -> Engine:
    """Load a network's weights from storage; raises ConfigError, WeightsError or StorageMissingError."""
    if model.image_size < 32 or model.image_size % 32:
        raise ValueError(f"model {model.model_id!r}: image_size {model.image_size} is not valid; use a multiple of 32")
    network = build_network(replace(model.network, encoder_weights="none"))
    load_weights(network, storage.read(model.weights_key), model.weights_sha256, repr(model.model_id))
    network = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    return Engine(model.model_id, model.image_size, network.requires_grad_(False), device, precision)
