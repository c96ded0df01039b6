"""The encoder of a segmentation network as a classifier of two classes, and its Grad-CAM."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mlbackend.contracts import NetworkSpec
from mlbackend.data.normalise import normalise
from mlbackend.models.registry import build_network

INFECTED = 1
"""The output that stands for infection; 0 stands for none."""
_BATCH = 8


class EncoderClassifier(nn.Module):
    """(N, 3, H, W) float to (N, 2) logits: the encoder, the mean over its last feature maps, one linear layer.

    degerli2021 section III-A: the encoder structures with two neurons at the output; III-C: gradients pass the global
    average pooling.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        # Encoders that end in a normalisation lack the activation that classifiers of their kind have; others stay.
        self.last = nn.ReLU()
        self.head = nn.Linear(int(encoder.out_channels[-1]), 2)

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        maps: torch.Tensor = self.last(self.encoder(films)[-1])
        logits: torch.Tensor = self.head(maps.mean(dim=(2, 3)))
        return logits


def build_classifier(spec: NetworkSpec) -> EncoderClassifier:
    """The classifier with the very encoder that ``build_network`` gives a segmentation network of ``spec``.

    Weights are drawn from torch's global generator, so seed it first. Raises ConfigError as ``build_network`` does.
    """
    network: Any = build_network(replace(spec, architecture="unet"))
    return EncoderClassifier(network.encoder)


@torch.inference_mode()
def infected_probability(network: EncoderClassifier, films: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """(N,) probability of infection, 0..1, of films (N, S, S) uint8."""
    network.eval()
    device = next(network.parameters()).device
    found = [
        torch.softmax(network(normalise(part.to(device))).double(), dim=1)[:, INFECTED].cpu().numpy()
        for part in torch.from_numpy(films).split(_BATCH)
    ]
    return np.concatenate(found)


def grad_cam(
    network: EncoderClassifier, films: npt.NDArray[np.uint8], target: int = INFECTED
) -> npt.NDArray[np.float32]:
    """(N, h, w) Grad-CAM, 0 and above, of films (N, S, S) uint8, at the size of the last feature maps.

    Each feature map is weighted by the mean gradient of the class's logit, before the softmax, and what is left of
    their sum above zero is the map (degerli2021 equations 14 and 15, after Selvaraju 2017).
    """
    # It takes a while to load, and only this asks for it.
    from captum.attr import LayerGradCam

    network.eval()
    device = next(network.parameters()).device
    method = LayerGradCam(network, network.last)
    found = []
    for part in torch.from_numpy(films).split(_BATCH):
        seen = normalise(part.to(device))
        maps = method.attribute(seen, target=target, relu_attributions=True)
        found.append(maps[:, 0].detach().float().cpu().numpy())
    return np.concatenate(found)
