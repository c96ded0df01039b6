"""Prediction by torch itself, on whatever processor it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mlbackend.data.normalise import normalise
from mlbackend.models.device import autocast
from mlbackend.training.losses import foreground_logit


@dataclass(frozen=True)
class TorchEngine:
    """One network in memory; give it films at its own ``size``."""

    model_id: str
    size: int
    network: nn.Module
    device: torch.device
    precision: str
    note: str = ""

    @property
    def name(self) -> str:
        """What a receipt calls the engine."""
        return f"torch {torch.__version__} {self.precision}"

    @torch.inference_mode()
    def probabilities(self, images: npt.NDArray[np.uint8], batch_size: int) -> npt.NDArray[np.float32]:
        """Foreground probability (N, size, size), 0..1, of films (N, size, size) uint8."""
        films = torch.from_numpy(images).to(self.device)
        # One buffer on the device: a copy a batch would make a GPU wait for the host.
        out = torch.empty(images.shape, dtype=torch.float32, device=self.device)
        for start in range(0, len(images), batch_size):
            rows = slice(start, start + batch_size)
            with autocast(self.device, self.precision):
                logits = self.network(normalise(films[rows]))
            torch.sigmoid(foreground_logit(logits), out=out[rows])
        return np.asarray(out.cpu().numpy())
