"""How full this machine's GPUs are, asked of the driver: a worker's parent process knows it without torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mlbackend.contracts import GpuMemory


def gpu_memory() -> list[GpuMemory]:
    """Memory of each NVIDIA GPU that this process may see, whoever uses it; empty where there is no driver."""
    import pynvml

    try:
        with _driver():
            handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
            found = [pynvml.nvmlDeviceGetMemoryInfo(handle) for handle in handles]
            return [GpuMemory(index, int(one.used), int(one.total)) for index, one in enumerate(found)]
    except pynvml.NVMLError:
        return []


@contextlib.contextmanager
def _driver() -> Iterator[None]:
    import pynvml

    pynvml.nvmlInit()
    try:
        yield
    finally:
        pynvml.nvmlShutdown()
