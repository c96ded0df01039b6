"""A benchmark that the platform runs: what is wished, the steps that it falls into, and how each ends.

Each step is a job of its own, so that several workers share a run and other jobs come in between. The first one plans
and names the others; the platform starts a step when all that it comes ``after`` have ended, well or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.labels import FINAL
from mlbackend.contracts.message import Message, Outcome

BENCHMARK_CONFIGS = ("reduced", "qata_reduced", "tahir2021", "qata")
"""The benchmarks that come with the project, small ones first."""
TASKS = ("lung", "infection")
SCHEMES = ("parallel", "cascaded")
STEP_PLAN = "plan"
STEP_CELL = "cell"
STEP_LUNGS = "lungs"
STEP_COST = "cost"
STEP_REPORT = "report"
MANIFEST_KEY = "manifest.csv"
"""The run's films below its prefix: columns of an export, with storage keys in place of paths, and ``film_id``."""
REPORT_PREFIX = "report/"
REPORT_PAGE = REPORT_PREFIX + "index.html"


@dataclass(frozen=True)
class BenchmarkWish(Message):
    """A config by name or path, and what is to differ from it; empty and None leave the config's own."""

    config: str = "tahir2021"
    tasks: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    """Names of networks, architectures or encoders of the grid."""
    schemes: list[str] = field(default_factory=list)
    folds: list[int] = field(default_factory=list)
    """Numbers from 1."""
    encoder_weights: str = ""
    epochs: int | None = None
    image_size: int | None = None
    batch_size: int | None = None
    negatives: list[str] = field(default_factory=list)
    """Labels whose films without an infection mask count as without infection."""
    second_negatives: list[str] = field(default_factory=list)
    """The same, for the films of the config's second split alone."""
    label_sets: list[str] = field(default_factory=list)
    """Whose masks networks learn from: some of ``LABELS``."""


@dataclass(frozen=True)
class BenchmarkStep(Message):
    """One step of a run."""

    key: str
    """Unique in the run: ``plan``, a cell's id, ``lungs.fold1.stage2``, ``cost.unet-resnet18``, ``report``."""
    kind: str
    after: list[str] = field(default_factory=list)
    task: str = ""
    scheme: str = ""
    network: str = ""
    fold: int = 0
    label_set: str = FINAL


@dataclass(frozen=True)
class BenchmarkRequest(Message):
    """Do one step of the run below ``prefix``. Its dataset's files lie in the same storage."""

    job_id: str
    attempt: int
    prefix: str
    """Of all files of the run, ends with a slash; the manifest lies there."""
    step: BenchmarkStep
    wish: BenchmarkWish
    dataset: str = ""
    """The dataset's name in the report."""
    kind: str = "benchmark"


@dataclass(frozen=True)
class BenchmarkLine(Message):
    """One row of the report's first table: figures over all folds, fractions, None where there is no value."""

    task: str
    scheme: str
    network: str
    folds: int
    films: int
    accuracy: float | None = None
    iou: float | None = None
    dsc: float | None = None
    dsc_low: float | None = None
    """95 % over patients drawn anew."""
    dsc_high: float | None = None
    paper_dsc: float | None = None


@dataclass(frozen=True)
class BenchmarkResult(Message):
    """How a step ended."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    steps: list[BenchmarkStep] = field(default_factory=list)
    """All that follow, in the order in which they are to be started; only the plan names them."""
    lines: list[BenchmarkLine] = field(default_factory=list)
    """Only the report has them."""
    cautions: list[str] = field(default_factory=list)
    """What cannot be concluded, in sentences; only the report has them."""
    notes: list[str] = field(default_factory=list)
    validation_dsc: float | None = None
    device: str = ""
    seconds: float = 0.0
