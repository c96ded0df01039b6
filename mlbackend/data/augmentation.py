"""Random changes of training films that keep their truth."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

MAX_SHIFT = 0.06
"""Share of the film's side."""
MAX_SCALE = 0.12
"""Films are shown at 1 - MAX_SCALE to 1 + MAX_SCALE of their size; the two axes differ by a third of that at most."""
MAX_ROTATION = 7.0
"""Degrees."""
MAX_GAMMA = 1.4
"""Exposure: grey values are raised to a power from 1 / MAX_GAMMA to MAX_GAMMA."""


def augment(
    images: torch.Tensor, masks: torch.Tensor, kind: str, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Change a batch at random: ``images`` (N, H, W) float 0..255, ``masks`` (N, H, W) float 0 or 1.

    ``none`` returns both as they are. ``light`` shifts, scales, rotates and re-exposes each film by its own draw; the
    mask goes the same way and stays 0 or 1. All draws come from ``generator`` (on the CPU).
    """
    if kind == "none":
        return images, masks
    count = images.shape[0]

    def draw(low: float, high: float) -> torch.Tensor:
        return (torch.rand(count, generator=generator) * (high - low) + low).to(images.device)

    angle = draw(-MAX_ROTATION, MAX_ROTATION) * (math.pi / 180)
    scale = draw(1 - MAX_SCALE, 1 + MAX_SCALE)
    stretch = draw(1 - MAX_SCALE / 3, 1 + MAX_SCALE / 3)
    shift_x, shift_y = draw(-2 * MAX_SHIFT, 2 * MAX_SHIFT), draw(-2 * MAX_SHIFT, 2 * MAX_SHIFT)
    gamma = torch.exp(draw(-math.log(MAX_GAMMA), math.log(MAX_GAMMA)))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        (
            torch.stack((scale * stretch * cosine, -scale * sine, shift_x), dim=1),
            torch.stack((scale * sine, scale / stretch * cosine, shift_y), dim=1),
        ),
        dim=1,
    )
    grid = functional.affine_grid(theta, [count, 1, *images.shape[1:]], align_corners=False)
    # Air around the patient is black, but so are collimated edges: repeating the border suits both.
    moved = functional.grid_sample(images.unsqueeze(1), grid, padding_mode="border", align_corners=False).squeeze(1)
    truth = functional.grid_sample(
        masks.unsqueeze(1), grid, mode="nearest", padding_mode="zeros", align_corners=False
    ).squeeze(1)
    exposed = 255.0 * (moved / 255.0).clamp(0, 1) ** gamma.view(-1, 1, 1)
    return exposed, truth
