"""GPU memory as the driver tells it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from mlbackend.contracts import GpuMemory, Presence
from mlbackend.worker.gpus import gpu_memory


def test_a_machine_without_a_driver_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", absent)
    assert gpu_memory() == []


def test_each_gpu_is_told_with_what_is_used_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    memory = {0: SimpleNamespace(used=3, total=8), 1: SimpleNamespace(used=0, total=16)}
    answers: dict[str, Any] = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: closed.append(True),
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetMemoryInfo": memory.__getitem__,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    assert gpu_memory() == [GpuMemory(0, 3, 8), GpuMemory(1, 0, 16)]
    assert closed == [True]


def test_a_worker_that_knows_no_gpus_is_understood() -> None:
    # An older worker beside a newer platform.
    assert Presence.from_json({"worker": "box:1", "at": 1.0, "queues": []}).gpus == []
