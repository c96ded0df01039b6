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


WIDE_SHIFT, WIDE_ROTATION = 0.1, 10.0
"""Share of the side, and degrees, of ``shift_rotate`` (degerli2021 section III-B)."""

CHANGES = {"none": 0, "light": 6, "shift_rotate": 3}
"""Random numbers a film by kind: angle, scale, stretch, shift in x and y, exposure; or angle and shift in x and y."""


def draw_changes(count: int, kind: str, generator: torch.Generator) -> torch.Tensor:
    """What is to be done to each of ``count`` films: (``CHANGES[kind]``, count) float32.

    All draws come from ``generator``, on the CPU: they are the same whatever device applies them.
    """
    if kind == "none":
        return torch.empty((0, count))

    def draw(low: float, high: float) -> torch.Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    if kind == "shift_rotate":
        wide = 2 * WIDE_SHIFT
        return torch.stack((draw(-WIDE_ROTATION, WIDE_ROTATION), draw(-wide, wide), draw(-wide, wide)))
    return torch.stack(
        (
            draw(-MAX_ROTATION, MAX_ROTATION),
            draw(1 - MAX_SCALE, 1 + MAX_SCALE),
            draw(1 - MAX_SCALE / 3, 1 + MAX_SCALE / 3),
            draw(-2 * MAX_SHIFT, 2 * MAX_SHIFT),
            draw(-2 * MAX_SHIFT, 2 * MAX_SHIFT),
            draw(-math.log(MAX_GAMMA), math.log(MAX_GAMMA)),
        )
    )


def only(changes: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """The same changes with one row more, which says of each film whether it is changed: ``chosen`` (count,) bool."""
    return torch.cat((changes, chosen.to(changes.dtype).unsqueeze(0))) if len(changes) else changes


def apply_changes(
    images: torch.Tensor, masks: torch.Tensor, changes: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Change a batch as drawn, on the device that all three are on.

    ``images`` (N, H, W) float 0..255, ``masks`` (N, H, W) float 0 or 1, ``changes`` of ``draw_changes`` or ``only``.
    The mask goes the same way as its film and stays 0 or 1; films that were not chosen stay exactly as they are.
    """
    if not len(changes):
        return images, masks
    if len(changes) in {rows + 1 for rows in CHANGES.values()}:
        moved, truth = apply_changes(images, masks, changes[:-1])
        chosen = changes[-1].view(-1, 1, 1) > 0
        return torch.where(chosen, moved, images), torch.where(chosen, truth, masks)
    if len(changes) == CHANGES["shift_rotate"]:
        return _shift_rotate(images, masks, changes)
    degrees, scale, stretch, shift_x, shift_y, exposure = changes
    angle, gamma = degrees * (math.pi / 180), torch.exp(exposure)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        (
            torch.stack((scale * stretch * cosine, -scale * sine, shift_x), dim=1),
            torch.stack((scale * sine, scale / stretch * cosine, shift_y), dim=1),
        ),
        dim=1,
    )
    grid = functional.affine_grid(theta, [images.shape[0], 1, *images.shape[1:]], align_corners=False)
    # Air around the patient is black, but so are collimated edges: repeating the border suits both.
    moved = functional.grid_sample(images.unsqueeze(1), grid, padding_mode="border", align_corners=False).squeeze(1)
    truth = functional.grid_sample(
        masks.unsqueeze(1), grid, mode="nearest", padding_mode="zeros", align_corners=False
    ).squeeze(1)
    exposed = 255.0 * (moved / 255.0).clamp(0, 1) ** gamma.view(-1, 1, 1)
    return exposed, truth


def _shift_rotate(
    images: torch.Tensor, masks: torch.Tensor, changes: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Turned about the centre and shifted; what comes into view repeats the nearest pixel, also of the mask."""
    degrees, shift_x, shift_y = changes
    angle = degrees * (math.pi / 180)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        (torch.stack((cosine, -sine, shift_x), dim=1), torch.stack((sine, cosine, shift_y), dim=1)), dim=1
    )
    grid = functional.affine_grid(theta, [images.shape[0], 1, *images.shape[1:]], align_corners=False)
    moved = functional.grid_sample(images.unsqueeze(1), grid, padding_mode="border", align_corners=False)
    truth = functional.grid_sample(masks.unsqueeze(1), grid, mode="nearest", padding_mode="border", align_corners=False)
    return moved.squeeze(1), truth.squeeze(1)


def augment(
    images: torch.Tensor, masks: torch.Tensor, kind: str, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Change a batch at random: ``images`` (N, H, W) float 0..255, ``masks`` (N, H, W) float 0 or 1.

    ``none`` returns both as they are. ``light`` shifts, scales, rotates and re-exposes each film by its own draw,
    ``shift_rotate`` shifts and rotates it. Films are square where they are rotated.
    """
    return apply_changes(images, masks, draw_changes(len(images), kind, generator).to(images.device))
