"""Prediction: the request, its chunks and its result."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.message import Message, Outcome
from mlbackend.contracts.training import NetworkSpec

ENGINES = ("auto", "torch", "openvino")


@dataclass(frozen=True)
class ModelRef(Message):
    """A trained network to predict with."""

    model_id: str
    network: NetworkSpec
    image_size: int
    weights_key: str
    weights_sha256: str


@dataclass(frozen=True)
class PredictImage(Message):
    """A film to predict: PNG rendition by key, with its own resolution in pixels."""

    image_id: str
    image_key: str
    width: int
    height: int


@dataclass(frozen=True)
class PredictRequest(Message):
    """Predict a mask of every film by every model, in chunks of ``chunk_size`` films that survive a kill."""

    job_id: str
    attempt: int
    models: list[ModelRef]
    images: list[PredictImage]
    threshold: float = 0.5
    postprocess: str = "lung"
    """``lung`` (tahir2021 section 3.2: fill holes, drop regions under 5 % of the positive pixels) or ``none``."""
    chunk_size: int = 64
    batch_size: int = 8
    precision: str = "auto"
    engine: str = "auto"
    """``auto`` (the quickest that the worker has), ``torch`` or ``openvino``."""
    kind: str = "predict"


@dataclass(frozen=True)
class PredictedMask(Message):
    """One candidate: a 1-bit PNG at the film's own resolution, after upsampling, threshold and postprocessing."""

    image_id: str
    model_id: str
    mask_key: str
    sha256: str
    width: int
    height: int
    foreground_pixels: int
    confidence: float
    """Mean over pixels of max(p, 1 - p) at the working size, 0.5..1."""
    disagreement: float | None = None
    """1 - mean pairwise DSC with the other models' masks of this film, 0..1; None with one model."""
    engine: str = ""
    """Library and version that the network ran on, with its precision: ``openvino 2026.4.1 bf16``."""


@dataclass(frozen=True)
class PredictChunk(Message):
    """The masks of some films, as stored under ``chunk_keys``."""

    masks: list[PredictedMask]


@dataclass(frozen=True)
class PredictResult(Message):
    """How a prediction attempt ended; the masks are listed in the chunk files."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    chunk_keys: list[str] = field(default_factory=list)
    images: int = 0
    images_per_second: float = 0.0
    device: str = ""
    precision: str = ""
    engines: list[str] = field(default_factory=list)
    """What this attempt's networks ran on; empty where an earlier one had drawn everything."""
    notes: list[str] = field(default_factory=list)
    """What went otherwise than wanted, in words."""
    loading_seconds: float = 0.0
    """Reading weights, building and converting networks."""
    network_seconds: float = 0.0
    """In which networks were at work."""
    seconds: float = 0.0
