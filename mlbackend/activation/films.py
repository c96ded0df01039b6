"""One film's two maps beside what people drew: shares of mass, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mlbackend.contracts import Message
from mlbackend.metrics import mass_share
from mlbackend.prediction.infection_map import Colour, Gray, colour_map, quantise
from mlbackend.prediction.overlay import overlay

INFECTION_MAP, GRAD_CAM, UNIFORM = "infection_map", "grad_cam", "uniform"
MAPS = (INFECTION_MAP, GRAD_CAM, UNIFORM)
"""The last is the same everywhere: what a map has that knows nothing."""
TRUTH, LUNGS = "infection", "lungs"
REGIONS = (TRUTH, LUNGS)
PICTURES = ("film", "truth", INFECTION_MAP, GRAD_CAM)
SIDE = 320
"""Longest side of a picture, pixels."""

Mask = npt.NDArray[np.bool_]
Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ComparedFilm(Message):
    """A film as its fold's networks see it, neither of which knows its patient."""

    film_id: str
    group: str
    infected: bool
    fold: int
    highest: float
    """Greatest probability of infection of any pixel, 0..1: at 0.5 the film counts as found (degerli2021 II-D)."""
    classified: float
    """The classifier's probability of infection, 0..1."""
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    """By map and region: share of the map's mass inside. What is not there is not defined: no lungs drawn, no
    infection on the film, or a map of zeros."""


def shares_of(maps: dict[str, Map], regions: dict[str, Mask]) -> dict[str, dict[str, float]]:
    """``mass_share`` of each map in each region, where it is defined; all (H, W)."""
    found: dict[str, dict[str, float]] = {}
    for name, drawn in maps.items():
        all_shares = {region: mass_share(drawn, mask) for region, mask in regions.items()}
        found[name] = {region: share for region, share in all_shares.items() if share is not None}
    return found


def shown_mass(probability_hw: Map) -> Map:
    """The probabilities that an infection map shows: (H, W), what is below 0.5 / 255 is zero."""
    return np.where(quantise(probability_hw) > 0, probability_hw, 0).astype(np.float32)


def relative(activation_hw: Map) -> Map:
    """(H, W) of 0 and above to 0..1, its greatest value 1; zeros stay. A class activation map has no unit."""
    top = float(activation_hw.max())
    return (activation_hw / top).astype(np.float32) if top > 0 else np.zeros_like(activation_hw)


def pictures_of(film: Gray, truth: Mask, lungs: Mask | None, probability: Map, activation: Map) -> dict[str, Colour]:
    """``PICTURES`` of a film (H, W), red, green, blue, ``SIDE`` pixels at most; both maps in the same colours."""
    none = np.zeros(film.shape, bool)
    drawn = {
        "film": np.repeat(film[..., None], 3, axis=2),
        "truth": overlay(film, none if lungs is None else lungs, truth)[..., ::-1],
        INFECTION_MAP: colour_map(film, quantise(probability)),
        GRAD_CAM: colour_map(film, quantise(relative(activation))),
    }
    return {name: _small(picture) for name, picture in drawn.items()}


def _small(picture: Colour) -> Colour:
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA), np.uint8)
