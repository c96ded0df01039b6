"""A training's state after an epoch, stored so that another attempt goes on from it."""

from __future__ import annotations

import dataclasses
import io
import logging
import re
from dataclasses import dataclass
from typing import Any

import torch

from mlbackend.contracts import EpochMetrics, TrainRequest, attempt_prefix, job_prefix
from mlbackend.storage import Storage, StorageError

FORMAT = 1
_log = logging.getLogger(__name__)


@dataclass
class TrainingState:
    """All that the next epoch depends on. Random numbers follow from seed and epoch, so no generator is kept."""

    history: list[EpochMetrics]
    network: dict[str, torch.Tensor]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    best_epoch: int
    best: dict[str, torch.Tensor] | None
    """Weights of the best epoch; None where that is the last one, so that they are stored once."""

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.history)


def checkpoint_key(job_id: str, attempt: int) -> str:
    """Where an attempt keeps its checkpoint; each epoch replaces the last one's."""
    return attempt_prefix(job_id, attempt) + "checkpoint.ckpt"


def training_identity(request: TrainRequest, data_hash: str, precision: str) -> dict[str, Any]:
    """What must be the same for a checkpoint to be gone on from. The number of threads may differ."""
    settings = {k: v for k, v in request.settings.to_json().items() if k not in ("threads", "precision")}
    return {
        "data_hash": data_hash,
        "settings": settings,
        "network": request.network.to_json(),
        "precision": precision,
        "torch": str(torch.__version__),
    }


def save_checkpoint(storage: Storage, request: TrainRequest, identity: dict[str, Any], state: TrainingState) -> None:
    """Store the state in one step, so that a kill leaves the old or the new one."""
    out = io.BytesIO()
    content = {
        "format": FORMAT,
        "identity": identity,
        "history": [metrics.to_json() for metrics in state.history],
        **{f.name: getattr(state, f.name) for f in dataclasses.fields(state) if f.name != "history"},
    }
    torch.save(content, out)
    storage.write(checkpoint_key(request.job_id, request.attempt), out.getvalue())


def load_checkpoint(storage: Storage, request: TrainRequest, identity: dict[str, Any]) -> TrainingState | None:
    """The furthest state of this or an earlier attempt of the job, or None.

    Unreadable checkpoints, and those of other data, settings or networks, are passed over with a line in the log.
    Nothing but tensors and plain values is unpickled.
    """
    best: TrainingState | None = None
    for attempt in range(request.attempt, 0, -1):
        key = checkpoint_key(request.job_id, attempt)
        if not storage.exists(key):
            continue
        try:
            content = torch.load(io.BytesIO(storage.read(key)), map_location="cpu", weights_only=True)
            state = _state(content, identity)
        except StorageError:
            raise
        except Exception as error:
            # torch raises half a dozen kinds for a damaged file; whatever it is, the file is of no use.
            _log.warning("checkpoint %s is passed over: %s", key, str(error).partition("\n")[0])
            continue
        if best is None or state.epoch > best.epoch:
            best = state
    return best


def _state(content: Any, identity: dict[str, Any]) -> TrainingState:
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']} is not {FORMAT}")
    for name, value in identity.items():
        if content["identity"].get(name) != value:
            raise ValueError(f"{name} differs from the request's")
    return TrainingState(
        history=[EpochMetrics.from_json(metrics) for metrics in content["history"]],
        **{f.name: content[f.name] for f in dataclasses.fields(TrainingState) if f.name != "history"},
    )


def discard_checkpoints(storage: Storage, job_id: str) -> int:
    """Delete the checkpoints of all attempts of a job whose result is in place; returns how many."""
    pattern = re.compile(re.escape(job_prefix(job_id)) + r"attempt-\d+/checkpoint\.ckpt")
    keys = [key for key in storage.list(job_prefix(job_id)) if pattern.fullmatch(key)]
    for key in keys:
        storage.delete(key)
    return len(keys)
