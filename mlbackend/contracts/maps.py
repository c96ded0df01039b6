"""Probability maps: what a network makes of each pixel of a film (infection maps, degerli2021 section II-D)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.message import Message, Outcome
from mlbackend.contracts.prediction import ModelRef, PredictImage


@dataclass(frozen=True)
class MapRequest(Message):
    """Draw one network's probability map of each film."""

    job_id: str
    attempt: int
    model: ModelRef
    images: list[PredictImage]
    precision: str = "auto"
    kind: str = "map"


@dataclass(frozen=True)
class FilmMap(Message):
    """One film's map, at its own resolution."""

    image_id: str
    highest: float
    """Greatest probability of any pixel, 0..1."""
    shown_share: float
    """Share of the film's pixels that the map colours, 0..1: a probability of 0.5 / 255 or more."""
    probability_key: str
    """8-bit grey PNG, 255 times the probability."""
    picture_key: str
    """The colour map over the film, as PNG."""


@dataclass(frozen=True)
class MapResult(Message):
    """How an attempt ended; ``films`` are in the request's order."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    films: list[FilmMap] = field(default_factory=list)
    device: str = ""
    precision: str = ""
    engine: str = ""
    """What drew: library, version and precision."""
    note: str = ""
    """Why the engine is not the one that was wanted."""
    seconds: float = 0.0
