"""Trained networks, ready to predict: the one place that chooses what they run on (docs/decisions/0011)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import ENGINES, ModelRef
from mlbackend.models.registry import build_network
from mlbackend.models.weights import load_weights
from mlbackend.prediction.openvino_engine import ConversionError, OpenVinoEngine
from mlbackend.prediction.torch_engine import TorchEngine
from mlbackend.storage import Storage

OPENVINO_FROM = 64 * 256 * 256
"""Pixels of a job from which converting a network, 1 to 5 s, is worth its time."""
_log = logging.getLogger(__name__)


class Engine(Protocol):
    """One network in memory; give it films at its own ``size``."""

    @property
    def model_id(self) -> str:
        """As the request calls the network."""
        ...

    @property
    def size(self) -> int:
        """Side of the films that it takes, pixels."""
        ...

    @property
    def name(self) -> str:
        """What a receipt calls the engine: library, version and precision."""
        ...

    @property
    def note(self) -> str:
        """Why it is not the engine that was wanted, in words; mostly empty."""
        ...

    def probabilities(self, images: npt.NDArray[np.uint8], batch_size: int) -> npt.NDArray[np.float32]:
        """Foreground probability (N, size, size), 0..1, of films (N, size, size) uint8."""
        ...


def load_engine(
    model: ModelRef, storage: Storage, device: torch.device, precision: str, *, wanted: str = "auto", films: int = 0
) -> Engine:
    """Load a network's weights from storage; raises ConfigError, WeightsError or StorageMissingError.

    ``wanted`` is ``torch``, ``openvino`` or ``auto``: OpenVINO on a CPU where a job of ``films`` films is worth the
    conversion, else torch. Where OpenVINO cannot do it torch does, and the engine's ``note`` says why.
    """
    if model.image_size < 32 or model.image_size % 32:
        raise ValueError(f"model {model.model_id!r}: image_size {model.image_size} is not valid; use a multiple of 32")
    chosen = choose_engine(wanted, device, films, model.image_size)
    network = build_network(replace(model.network, encoder_weights="none", encoder_frozen=False))
    load_weights(network, storage.read(model.weights_key), model.weights_sha256, repr(model.model_id))
    return make_engine(model.model_id, model.image_size, network, device, precision, chosen)


def make_engine(
    model_id: str, size: int, network: nn.Module, device: torch.device, precision: str, chosen: str
) -> Engine:
    """An engine of a network on the CPU, which is the engine's from then on; ``chosen`` as by ``choose_engine``."""
    network = network.eval().requires_grad_(False)
    note = ""
    if chosen == "openvino":
        try:
            return OpenVinoEngine(model_id, size, network, precision, torch.get_num_threads())
        except ConversionError as error:
            note = f"model {model_id!r}: {error}; torch predicted instead"
            _log.warning("%s", note)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return TorchEngine(model_id, size, network, device, precision, note)


def choose_engine(wanted: str, device: torch.device, films: int, size: int) -> str:
    """``torch`` or ``openvino`` for a job of ``films`` films of ``size`` pixels a side. Raises ConfigError."""
    require_one_of("engine", wanted, ENGINES)
    if wanted == "openvino" and device.type != "cpu":
        raise ConfigError(
            f"engine: 'openvino' predicts on the CPU, but the device is {device}; use auto or torch, or hide the GPU "
            "by GROUNDWORK_DEVICE=cpu"
        )
    if wanted != "auto":
        return wanted
    return "openvino" if device.type == "cpu" and films * size * size >= OPENVINO_FROM else "torch"
