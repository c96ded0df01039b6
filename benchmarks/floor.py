"""The least time that a network can take on this machine: its operations over the rate of bare products.

The rate is that of the better of a product of two square matrices and a 3 x 3 convolution, in the same precision and
with the same threads, measured in the same process as what it is compared with.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mlbackend.benchmark.cost import training_step, wait_for
from mlbackend.contracts import NetworkSpec
from mlbackend.models.registry import build_network
from mlbackend.training.losses import foreground_logit

_SIDE = {"cpu": 1536, "cuda": 8192}


def _best(work: Callable[[], object], device: torch.device, runs: int) -> float:
    taken = []
    for _ in range(runs + 2):
        wait_for(device)
        started = time.perf_counter()
        work()
        wait_for(device)
        taken.append(time.perf_counter() - started)
    return min(taken[2:])


def peak_rate(device: torch.device, precision: str, runs: int = 7) -> float:
    """Floating-point operations a second; a multiplication and its addition count as two."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    side = _SIDE[device.type]
    a, b = (torch.randn((side, side), device=device).to(kind) for _ in range(2))
    channels, picture, count = 128, 64, 8 if device.type == "cpu" else 64
    films = torch.randn((count, channels, picture, picture), device=device)
    films = films.to(kind, memory_format=torch.channels_last)
    convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    convolution = convolution.to(device, kind, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode():
        product = 2 * side**3 / _best(lambda: a @ b, device, runs)
        taken = _best(lambda: convolution(films), device, runs)
    return max(product, 2 * 9 * channels**2 * picture**2 * count / taken)


def operations(network: NetworkSpec, size: int) -> tuple[float, float]:
    """Floating-point operations of one film of ``size`` pixels a side: forward, and forward with backward."""
    built = build_network(network)
    films = torch.randn((2, 3, size, size))
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        built.eval()(films)
    with FlopCounterMode(display=False) as both:
        foreground_logit(built.train()(films)).sum().backward()
    return forward.get_total_flops() / 2, both.get_total_flops() / 2


def bare_step(network: NetworkSpec, size: int, batch: int, device: torch.device, precision: str, runs: int) -> float:
    """Median seconds of forward, loss, backward and optimiser on one batch that stays where it is."""
    step = training_step(network, size, batch, device, precision)
    taken = []
    for _ in range(runs + 2):
        started = time.perf_counter()
        step()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[2:])
