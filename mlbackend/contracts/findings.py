"""What lungs and infection networks find on films: masks, shares, positive or not (tahir2021 section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.benchmark import Shares
from mlbackend.contracts.message import Message, Outcome
from mlbackend.contracts.prediction import ModelRef, PredictImage


@dataclass(frozen=True)
class FindingsRequest(Message):
    """Find the lungs of each film and, with an infection network, what share of them is infected."""

    job_id: str
    attempt: int
    lungs: ModelRef
    images: list[PredictImage]
    infection: ModelRef | None = None
    scheme: str = "parallel"
    """``parallel`` or, for a network that was trained so, ``cascaded``."""
    threshold: float = 0.5
    precision: str = "auto"
    kind: str = "findings"


@dataclass(frozen=True)
class FilmFinding(Message):
    """One film; masks are 1-bit PNGs at its own resolution, the picture shows both."""

    image_id: str
    lung_pixels: int
    positive: bool | None = None
    """Whether any pixel inside the lungs is infected (section 3.3); None without an infection network."""
    score: float | None = None
    """Greatest probability of infection inside the lungs, 0..1."""
    infected: Shares = field(default_factory=Shares)
    lungs_key: str = ""
    infection_key: str = ""
    overlay_key: str = ""


@dataclass(frozen=True)
class FindingsResult(Message):
    """How an attempt ended; ``films`` are in the request's order."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    films: list[FilmFinding] = field(default_factory=list)
    device: str = ""
    precision: str = ""
    engines: list[str] = field(default_factory=list)
    """What drew lungs and infection: library, version and precision."""
    notes: list[str] = field(default_factory=list)
    """Why an engine is not the one that was wanted."""
    seconds: float = 0.0
