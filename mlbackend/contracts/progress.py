"""What a running attempt says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlbackend.contracts.message import Message
from mlbackend.contracts.training import EpochMetrics


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
    trouble: str = ""
    """Why the worker stopped without a result file, which it could not write; empty while it works."""


@dataclass(frozen=True)
class GpuMemory(Message):
    """How full a GPU of a worker's machine is, whoever uses it."""

    index: int
    used_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Presence(Message):
    """A worker lives and takes jobs from these queues."""

    worker: str
    at: float
    """Unix time in seconds on the worker; others learn from it only that it has changed."""
    queues: list[str] = field(default_factory=list)
    gpus: list[GpuMemory] = field(default_factory=list)
