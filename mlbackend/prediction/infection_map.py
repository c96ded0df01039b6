"""Infection maps: a network's probabilities as colours on the film (degerli2021 section II-D).

For another target than infection the same picture is called a probability map.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.uint8]
LEVELS = 256
"""Steps of the jet scale, and of a stored probability."""


def quantise(probability_hw: npt.NDArray[np.floating]) -> Gray:
    """(H, W) probability, 0..1, to the nearest of 256 steps, halves upwards: 0 is what lies below 0.5 / 255.

    Raises ValueError for another shape, or values that are no probabilities.
    """
    if probability_hw.ndim != 2:
        raise ValueError(f"probability_hw has shape {probability_hw.shape}; give (height, width)")
    values = probability_hw.astype(np.float64)
    outside = ~((values >= 0) & (values <= 1))
    if outside.any():
        raise ValueError(f"probability_hw: {values[outside][0]} is not valid; use numbers from 0 to 1")
    return np.floor(values * (LEVELS - 1) + 0.5).astype(np.uint8)


def jet() -> npt.NDArray[np.float64]:
    """The jet colour scale: (256, 3) red, green, blue, 0..1, from half-bright blue over cyan and yellow to red.

    Each channel is a trapezium, a quarter of the scale from the next one, as MATLAB has drawn it.
    """
    step = 4 * np.arange(LEVELS)[:, None] / (LEVELS - 1)
    return np.clip(1.5 - np.abs(step - np.array([3.0, 2.0, 1.0])), 0, 1)


def tints() -> npt.NDArray[np.float64]:
    """Hue and saturation of the jet scale at full value: (256, 3) red, green, blue, 0..1, the greatest of them 1.

    To put another value in place of a colour's own, in HSV, is to scale the colour: value times tint is the map's
    pixel. The scale begins and ends with colours that differ in value alone, so a map has one blue for probabilities up
    to 1/8 and one red from 7/8 on.
    """
    colours = jet()
    return np.asarray(colours / colours.max(axis=1, keepdims=True))


def colour_map(gray_hw: Gray, steps_hw: Gray) -> Colour:
    """(H, W, 3) red, green, blue: the film's value under hue and saturation of the steps (``quantise``), where over 0.

    Raises ValueError where the two differ in shape.
    """
    if gray_hw.shape != steps_hw.shape:
        raise ValueError(f"the film has shape {gray_hw.shape}, its probabilities {steps_hw.shape}; both must be alike")
    # Of a grey pixel the value is the grey itself. All products at once: 256 greys by 256 steps.
    table = np.floor(np.arange(LEVELS)[:, None, None] * tints()[None] + 0.5).astype(np.uint8)
    table[:, 0] = np.arange(LEVELS, dtype=np.uint8)[:, None]
    return np.asarray(table[gray_hw, steps_hw])


def infection_map(gray_hw: Gray, probability_hw: npt.NDArray[np.floating]) -> Colour:
    """(H, W, 3) red, green, blue of a film (H, W) and its probabilities, 0..1, at the film's own resolution.

    The probability's jet colour gives hue and saturation, the film the value; where the probability is zero, which in
    256 steps is below 0.5 / 255, the film stays as it is. Raises ValueError as ``quantise`` and ``colour_map`` do.
    """
    return colour_map(gray_hw, quantise(probability_hw))


def legend(height: int = LEVELS, width: int = 24) -> Colour:
    """(height, width, 3) red, green, blue: the colours of probability 1, above, to just over 0, on a white film."""
    steps = np.rint(np.linspace(LEVELS - 1, 1, height)).astype(np.uint8)
    return colour_map(np.full((height, width), 255, np.uint8), np.repeat(steps[:, None], width, axis=1))


def write_colour(picture: Colour) -> bytes:
    """(H, W, 3) red, green, blue as PNG; the same picture gives the same bytes."""
    return bytes(cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1])


def write_gray(values_hw: Gray) -> bytes:
    """(H, W) uint8 as an 8-bit grey PNG; the same values give the same bytes."""
    return bytes(cv2.imencode(".png", np.ascontiguousarray(values_hw))[1])
