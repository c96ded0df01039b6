"""What a network sees of a film."""

from __future__ import annotations

import torch

_MIN_STD = 1e-3


def standardise(images: torch.Tensor) -> torch.Tensor:
    """(N, H, W) uint8 or float 0..255 to (N, H, W) float32, each film with mean 0 and deviation 1.

    Films differ in exposure far more than photographs do, so each is standardised by its own figures.
    """
    films = images.float() / 255.0
    mean = films.mean(dim=(1, 2), keepdim=True)
    deviation = films.std(dim=(1, 2), keepdim=True, unbiased=False).clamp_min(_MIN_STD)
    return (films - mean) / deviation


def normalise(images: torch.Tensor) -> torch.Tensor:
    """(N, H, W) uint8 or float 0..255 to (N, 3, H, W) float32, standardised.

    The three equal channels let encoders pretrained on colour images be used.
    """
    standard = standardise(images)
    return standard.unsqueeze(1).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
