"""What a network costs: parameters, floating-point operations, time (tahir2021 table 4)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.flop_counter import FlopCounterMode

from mlbackend.benchmark.record import NetworkCost
from mlbackend.contracts import NetworkSpec
from mlbackend.models.device import autocast, device_name
from mlbackend.models.registry import build_network, count_fixed, count_parameters
from mlbackend.prediction.engine import OPENVINO_FROM, Engine, choose_engine, make_engine
from mlbackend.training.losses import cross_entropy, foreground_logit

WARM = 3
RUNS = 20
THROUGHPUT_BATCH = 16


def measure_cost(
    network: NetworkSpec, size: int, device: torch.device, precision: str, runs: int = RUNS
) -> NetworkCost:
    """Measure a network with random weights: time does not depend on them. ``size`` is the side in pixels.

    Time is that of the engine which predicts large jobs on this device, from a decoded film in memory to its
    probabilities there: one film at a time for ``ms_per_image``, ``THROUGHPUT_BATCH`` for ``images_per_second``.
    """
    built = build_network(replace(network, encoder_weights="none")).eval()
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        built(_images(1, size, torch.device("cpu")))
    parameters, fixed = count_parameters(built), count_fixed(built)
    chosen = choose_engine("auto", device, OPENVINO_FROM, size)
    engine = make_engine(network.name, size, built, device, precision, chosen)
    films = np.random.default_rng(1).integers(0, 256, (THROUGHPUT_BATCH, size, size), dtype=np.uint8)
    return NetworkCost(
        name=network.name,
        parameters=parameters,
        gflops=counter.get_total_flops() / 1e9,
        ms_per_image=1000 * _seconds(engine, films[:1], runs),
        images_per_second=THROUGHPUT_BATCH / _seconds(engine, films, max(3, runs // 4)),
        batch=THROUGHPUT_BATCH,
        image_size=size,
        device=device_name(device),
        precision=precision,
        engine=engine.name,
        runs=runs,
        fixed=fixed,
    )


def training_step(
    network: NetworkSpec, size: int, batch: int, device: torch.device, precision: str
) -> Callable[[], None]:
    """One step on a batch of noise that stays on the device: forward, loss, backward, optimiser; waits for its end."""
    built = build_network(replace(network, encoder_weights="none"))
    built = built.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(built.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    films = _images(batch, size, device)
    truth = (films[:, 0] > 0).float()

    def step() -> None:
        optimizer.zero_grad()
        with autocast(device, precision):
            logit = foreground_logit(built(films))
        cross_entropy(logit, truth).backward()
        optimizer.step()
        wait_for(device)

    return step


def wait_for(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _images(count: int, size: int, device: torch.device) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn((count, 3, size, size), generator=generator)
    return images.to(device, memory_format=torch.channels_last)


def _seconds(engine: Engine, films: npt.NDArray[np.uint8], runs: int) -> float:
    """Median seconds of predicting ``films`` (N, size, size)."""
    taken = []
    for run in range(WARM + runs):
        started = time.perf_counter()
        engine.probabilities(films, len(films))
        if run >= WARM:
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)
