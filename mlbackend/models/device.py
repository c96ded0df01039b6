"""Which processor a network runs on, and in which precision."""

from __future__ import annotations

import os
import platform
import resource
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import PRECISIONS

CUDA_CONTEXT_BYTES = 2**30
"""Taken to be what a process's CUDA context and libraries hold beside torch's own memory."""


def choose_device() -> torch.device:
    """The first GPU where torch sees one, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the processor multiplies bf16 in hardware (CUDA bf16, AVX512-BF16 or AMX)."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def choose_precision(requested: str, device: torch.device) -> str:
    """``bf16`` or ``fp32`` for a request of ``auto``, ``bf16`` or ``fp32``; raises ConfigError for anything else."""
    require_one_of("precision", requested, PRECISIONS)
    if requested != "auto":
        if requested == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
            raise ConfigError(f"precision: bf16 is not supported by {device_name(device)}; use auto or fp32")
        return requested
    return "bf16" if has_fast_bf16(device) else "fp32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Context in which layers run in the precision that ``choose_precision`` gave."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()


def memory_free(device: torch.device) -> int:
    """Bytes that a new process could have: of the GPU, or of the machine."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def memory_used(device: torch.device) -> int:
    """Greatest use by this process so far, bytes: of the GPU, with what CUDA itself takes, or of the machine."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device)) + CUDA_CONTEXT_BYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def device_name(device: torch.device) -> str:
    """What a model card calls the processor."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return f"cpu ({line.partition(':')[2].strip()})"
    return f"cpu ({platform.processor() or platform.machine()})"
