"""Prediction by OpenVINO on the processor: each core works on a film of its own, so that none waits for another."""

from __future__ import annotations

import sys
import threading
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.jit._trace import TracerWarning

from mlbackend.data.normalise import standardise
from mlbackend.models.folding import fold_doubling
from mlbackend.training.losses import foreground_logit

_PRECISIONS = {"bf16": "bf16", "fp32": "f32"}


class ConversionError(RuntimeError):
    """OpenVINO is not there or cannot take the network; says why."""


class _Foreground(nn.Module):
    """Standardised films (N, H, W) to the foreground's logits (N, H, W)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        return foreground_logit(self.network(films.unsqueeze(1).expand(-1, 3, -1, -1)))


class OpenVinoEngine:
    """One network, compiled. A film's probability does not depend on the films beside it.

    ``network`` is on the CPU in evaluation mode; it is not needed any more afterwards. ``threads`` is the number of
    cores and of films at work at the same time. Raises ConversionError.
    """

    note = ""

    def __init__(self, model_id: str, size: int, network: nn.Module, precision: str, threads: int) -> None:
        self.model_id, self.size, self.precision = model_id, size, precision
        self._queue = _compile(network, size, precision, max(1, threads))
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What a receipt calls the engine."""
        return f"openvino {version('openvino')} {self.precision}"

    def probabilities(self, images: npt.NDArray[np.uint8], batch_size: int) -> npt.NDArray[np.float32]:
        """Foreground probability (N, size, size), 0..1, of films (N, size, size) uint8.

        ``batch_size`` is taken for the other engines' sake: films go through one by one.
        """
        out = np.empty(images.shape, np.float32)

        def keep(request: Any, row: int) -> None:
            out[row] = request.get_output_tensor(0).data[0]

        # All at once: torch's threads go on turning for a while after each call, on the cores that the network needs.
        films = standardise(torch.from_numpy(images)).numpy()
        with self._lock:
            self._queue.set_callback(keep)
            for row in range(len(films)):
                self._queue.start_async({0: films[row : row + 1]}, userdata=row, share_inputs=True)
            self._queue.wait_all()
        return np.asarray(torch.sigmoid(torch.from_numpy(out)).numpy())


def _library() -> Any:
    """The library without its telemetry, which would send an event to its maker whenever it is imported."""
    # None in place of a module makes its import fail: the library then takes its own stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise ConversionError(f"openvino cannot be imported ({error}); pip install openvino") from error
    return openvino


def _compile(network: nn.Module, size: int, precision: str, threads: int) -> Any:
    """A queue of ``threads`` requests."""
    openvino = _library()
    try:
        example = torch.zeros((1, size, size))
        with torch.no_grad(), warnings.catch_warnings():
            # That tracing grows old, and that the number of classes is taken for a constant, which it is.
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", TracerWarning)
            traced = torch.jit.trace(_Foreground(fold_doubling(network, size)), example, check_trace=False)
        graph = openvino.convert_model(traced, example_input=example)
        graph.reshape([1, size, size])
        compiled = openvino.Core().compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
                "PERFORMANCE_HINT": "THROUGHPUT",
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": str(threads),
                # Two processes would be bound to the same first cores.
                "ENABLE_CPU_PINNING": False,
            },
        )
        return openvino.AsyncInferQueue(compiled, threads)
    except Exception as error:
        # The converter raises a dozen kinds; whatever it is, torch can predict instead.
        words = str(error).strip().partition("\n")[0]
        raise ConversionError(f"openvino could not take the network ({type(error).__name__}: {words})") from error
