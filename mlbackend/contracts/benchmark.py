"""One cell of the benchmark's grid: a network trained on one fold and scored on the test films."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.labels import FINAL
from mlbackend.contracts.message import Message, Outcome
from mlbackend.contracts.training import EpochMetrics, NetworkSpec, TrainingSettings, TrainSample


@dataclass(frozen=True)
class TestSample(Message):
    """A film to score on; nothing of it reaches training or selection."""

    __test__ = False
    sample_id: str
    image_key: str
    mask_key: str
    """PNG 0/255 at the film's own resolution; empty for a film that is known to have no foreground."""
    patient: str
    label: str = ""
    source: str = ""
    drawn_by: str = ""
    """How the truth came to be, in the dataset's word (``accepted``, ``corrected``, ``picked`` ...); may be empty."""
    lungs_key: str = ""
    """Mask of the lungs that an infection is cut to (tahir2021 section 3.2); empty where it is not cut."""
    true_lungs_key: str = ""
    """The dataset's own mask of the lungs, of which the true infected share is taken; empty where there is none."""
    region_key: str = ""
    """Mask outside which the network sees black (the cascaded scheme); empty where it sees the film."""


@dataclass(frozen=True)
class CellRequest(Message):
    """Train ``network`` on ``samples`` and score it on ``tests``."""

    job_id: str
    attempt: int
    task: str
    """``lung`` or ``infection``."""
    scheme: str
    """``parallel`` or ``cascaded`` (tahir2021 section 3)."""
    fold: int
    network: NetworkSpec
    settings: TrainingSettings
    samples: list[TrainSample]
    tests: list[TestSample]
    threshold: float = 0.5
    threshold_included: bool = False
    """Whether a pixel of exactly this probability is foreground."""
    cases: int = 3
    """So many best, median and worst films keep their predicted mask for the report."""
    notes: list[str] = field(default_factory=list)
    """What the result is to say from the start, such as that no lungs were to be had."""
    kind: str = "benchmark"
    label_set: str = FINAL
    """Which masks ``samples`` have, of ``mlbackend.contracts.LABELS``; those of ``tests`` are always the final ones."""


@dataclass(frozen=True)
class Counts(Message):
    """Pixels of one film, or of many, see ``mlbackend.metrics.Confusion``."""

    tp: int
    fp: int
    fn: int
    tn: int


@dataclass(frozen=True)
class Shares(Message):
    """Infected share of the lungs, 0..1; None where that lung has no pixel or lungs are not known."""

    both: float | None = None
    left: float | None = None
    right: float | None = None


@dataclass(frozen=True)
class FilmScore(Message):
    """One test film. ``working`` is counted at the network's size as the papers do, ``native`` at the film's own."""

    sample_id: str
    patient: str
    label: str
    source: str
    drawn_by: str
    working: Counts
    native: Counts
    hd95_px: float | None
    """95th percentile of the boundary distance at the film's own resolution; None where one mask is empty."""
    diagonal_px: float
    """The film's diagonal, which ``hd95_px`` is to be seen against."""
    truth_positive: bool
    """Whether the truth has a pixel."""
    predicted_positive: bool
    """Whether the prediction has a pixel after postprocessing, at the working size (section 3.3)."""
    score: float
    """Greatest probability inside the lungs, 0..1: what detection is ranked by."""
    predicted_shares: Shares = field(default_factory=Shares)
    truth_shares: Shares = field(default_factory=Shares)
    case_key: str = ""
    """Predicted mask, where it was kept."""


@dataclass(frozen=True)
class FilmScores(Message):
    """All test films of a cell, as stored under ``films_key``."""

    films: list[FilmScore]
    """In the request's order."""
    positive: list[int]
    """Histogram of probability over foreground pixels at the working size, equal bins from 0 to 1."""
    negative: list[int]
    """The same over background pixels."""


@dataclass(frozen=True)
class CellResult(Message):
    """How a cell ended; ``films_key`` holds a FilmScores."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    task: str = ""
    scheme: str = ""
    fold: int = 0
    network: NetworkSpec = field(default_factory=NetworkSpec)
    notes: list[str] = field(default_factory=list)
    """What was done about trouble: a batch that was split, a precision that was raised."""
    films_key: str = ""
    weights_key: str = ""
    weights_sha256: str = ""
    card_key: str = ""
    data_hash: str = ""
    parameters: int = 0
    best_epoch: int = 0
    validation_dsc: float = 0.0
    epochs: list[EpochMetrics] = field(default_factory=list)
    device: str = ""
    precision: str = ""
    engine: str = ""
    """What the test films were predicted with, library and version."""
    train_seconds: float = 0.0
    score_seconds: float = 0.0
    seconds: float = 0.0
    """All together."""
    label_set: str = FINAL
    """As in the request."""
