"""What the platform and a GPU worker say to each other. Imports neither torch nor Django.

A job's request and result travel as JSON. Files travel by storage key: a request names the keys to read, and a worker
writes only below ``output_prefix``. The result file at ``result_key(job_id, attempt)`` is the truth about an attempt and is
put into place last; messages only nudge.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

TASK_TRAIN = "gpu.train"
TASK_PREDICT = "gpu.predict"
TASK_PROGRESS = "platform.job_progress"
TASK_FINISHED = "platform.job_finished"
TASK_SWEEP = "platform.sweep"

QUEUE_TRAIN = "gpu-train"
QUEUE_PREDICT = "gpu-predict"
QUEUE_PLATFORM = "platform"

PHASE_INTERRUPTED = "interrupted"
"""``Progress.phase`` of an attempt whose worker was shut down in an orderly way; it may be gone on with at once."""


class Split(StrEnum):
    """What a training sample is used for. Test films never travel to a worker for training."""

    TRAIN = "train"
    VALIDATION = "validation"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ContractError(ValueError):
    """A message that does not fit its contract; names the field, the value and what is expected."""


def job_prefix(job_id: str) -> str:
    """Folder of all attempts of a job."""
    return f"jobs/{job_id}/"


def attempt_prefix(job_id: str, attempt: int) -> str:
    """Folder that one attempt, and nobody else, writes."""
    return f"jobs/{job_id}/attempt-{attempt:03d}/"


def result_key(job_id: str, attempt: int) -> str:
    """The file that is the truth about an attempt; written last."""
    return attempt_prefix(job_id, attempt) + "result.json"


def progress_key(job_id: str, attempt: int) -> str:
    """Heartbeat and progress of an attempt, for a sweep that missed the messages."""
    return attempt_prefix(job_id, attempt) + "progress.json"


def request_key(job_id: str, attempt: int) -> str:
    """What an attempt was asked, put down before its message is sent: older attempts see by it that they are superseded."""
    return attempt_prefix(job_id, attempt) + "request.json"


def cancel_key(job_id: str) -> str:
    """A marker: where it exists, workers stop the job at the next step."""
    return job_prefix(job_id) + "cancel"


class Message:
    """Base of all messages: to and from plain JSON types, with every field checked by name and type."""

    def to_json(self) -> dict[str, Any]:
        """Plain dict of JSON types."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: Any, at: str = "") -> Self:
        """Build from JSON; raises ContractError with the path of the first field that does not fit."""
        where = at or cls.__name__
        if not isinstance(data, dict):
            raise ContractError(f"{where}: expected an object, got {type(data).__name__}")
        hints = typing.get_type_hints(cls)
        names = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(data) - names)
        if unknown:
            raise ContractError(f"{where}: unknown field {unknown[0]!r}; valid fields are {', '.join(sorted(names))}")
        values = {name: _read(hints[name], value, f"{where}.{name}") for name, value in data.items()}
        try:
            return cls(**values)
        except TypeError as error:
            raise ContractError(f"{where}: {error}") from error


def _read(kind: Any, value: Any, at: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        kinds = [a for a in args if a is not type(None)]
        return _read(kinds[0], value, at)
    if origin in (list, tuple):
        if not isinstance(value, list | tuple):
            raise ContractError(f"{at}: expected a list, got {value!r}")
        items = [_read(args[0], item, f"{at}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin is dict:
        if not isinstance(value, dict):
            raise ContractError(f"{at}: expected an object, got {value!r}")
        return {key: _read(args[1], item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, Message):
        return kind.from_json(value, at)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(value)
        except ValueError as error:
            raise ContractError(f"{at}: {value!r} is none of {', '.join(kind)}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ContractError(f"{at}: expected {kind.__name__}, got {value!r}")
    return value


@dataclass(frozen=True)
class NetworkSpec(Message):
    """Which network: names of the registry in ``mlbackend.models``."""

    architecture: str = "unet"
    encoder: str = "resnet18"
    encoder_weights: str = "none"
    """``none``, ``imagenet`` (the library's own download) or ``file:PATH`` of a local state dict."""
    classes: int = 2
    """Output channels; 2 with softmax (tahir2021 section 3), 1 with sigmoid (degerli2021)."""

    @property
    def name(self) -> str:
        """Short name as people say it: ``unet-resnet18``."""
        return f"{self.architecture}-{self.encoder}"


@dataclass(frozen=True)
class TrainingSettings(Message):
    """Settings of one training; defaults are those of tahir2021 section 3 (see ``papers``)."""

    image_size: int = 256
    batch_size: int = 4
    epochs: int = 40
    learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    schedule: str = "plateau"
    """``plateau`` (the paper: divide by ``lr_factor`` after ``lr_patience`` epochs without better validation loss),
    ``onecycle`` or ``constant``."""
    lr_patience: int = 3
    lr_factor: float = 5.0
    early_stopping: int = 8
    """Stop after so many epochs without better validation loss; 0 never stops early."""
    loss: str = "cross_entropy"
    augmentation: str = "none"
    """``none`` (tahir2021) or ``light`` (shift, scale, rotation, exposure)."""
    precision: str = "auto"
    """``auto`` (bf16 where the processor has it), ``bf16`` or ``fp32``."""
    seed: int = 1
    threads: int = 0
    """CPU threads; 0 leaves the default."""


@dataclass(frozen=True)
class TrainSample(Message):
    """One film with its mask, by storage key. Both are PNG; the mask is 0/255 at the film's own resolution."""

    sample_id: str
    image_key: str
    mask_key: str
    patient: str
    """Pseudonym of the split group: near duplicates and one person's films share it."""
    split: Split = Split.TRAIN


@dataclass(frozen=True)
class TrainRequest(Message):
    """Train one network on the given samples. ``settings.epochs`` 0 saves the initial weights."""

    job_id: str
    attempt: int
    network: NetworkSpec
    settings: TrainingSettings
    samples: list[TrainSample]
    target: str = "lung"
    convention: str = ""
    kind: str = "train"


@dataclass(frozen=True)
class EpochMetrics(Message):
    """One epoch, as the model card and the progress curve show it. Scores are at the working size."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_dsc: float
    validation_iou: float
    learning_rate: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class TrainResult(Message):
    """How a training attempt ended, and where the weights are."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    weights_key: str = ""
    weights_sha256: str = ""
    card_key: str = ""
    data_hash: str = ""
    best_epoch: int = 0
    validation_dsc: float = 0.0
    """DSC on the validation samples at the working size, TP/FP/FN accumulated over all of them; best epoch."""
    epochs: list[EpochMetrics] = field(default_factory=list)
    trained_patients: list[str] = field(default_factory=list)
    selected_patients: list[str] = field(default_factory=list)
    parameters: int = 0
    resumed_from_epoch: int = 0
    device: str = ""
    precision: str = ""
    seconds: float = 0.0


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
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress(Message):
    """Sent at most once a second while an attempt runs; every message is a heartbeat."""

    job_id: str
    attempt: int
    at: float
    """Unix time in seconds on the worker."""
    worker: str = ""
    phase: str = ""
    """``loading``, ``training``, ``predicting`` or ``interrupted``."""
    done: int = 0
    total: int = 0
    unit: str = "epochs"
    epoch: int = 0
    images_per_second: float = 0.0
    seconds_left: float | None = None
    validation_dsc: float | None = None
    train_loss: float | None = None
    curve: list[EpochMetrics] = field(default_factory=list)
    """All finished epochs so far."""
