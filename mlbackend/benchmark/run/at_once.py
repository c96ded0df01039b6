"""How many networks are trained at once on one device: as many as make it quicker and fit into memory."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlbackend.contracts import ContractError, Message, NetworkSpec, TrainingSettings
from mlbackend.processes import die_with_parent, spin_little

MOST = 16
GAIN = 1.1
"""More at once must be this much quicker together."""
MEMORY_SHARE = 0.8
"""Of the free memory that all may take."""
PROBE_SECONDS = 4.0


@dataclass(frozen=True)
class Trial(Message):
    """``count`` processes that trained beside each other for a few seconds."""

    count: int
    threads: int
    images_per_second: float
    """All together."""
    bytes_each: int
    """Greatest use of the device's memory by one of them, on a CPU of the process's."""


@dataclass(frozen=True)
class AtOnce(Message):
    """What was chosen, kept in ``at_once.json``: a benchmark is gone on with by the same number of threads."""

    count: int
    threads: int
    """CPU threads of each; the last bits of a network's numbers depend on them."""
    why: str
    trials: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.count < 1 or self.threads < 1:
            raise ContractError(f"at_once: {self.count} networks with {self.threads} threads; both are 1 or more")


def threads_of(count: int, asked: int) -> int:
    """CPU threads of each of ``count`` processes: as the settings ask, or a fair part of the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return asked or max(1, cores // count)


def choose(
    network: NetworkSpec, settings: TrainingSettings, films: int, free_bytes: int, most: int,
    try_out: Callable[[int], Trial],
) -> AtOnce:  # fmt: skip
    """Double the number while all together are ``GAIN`` times quicker and ``MEMORY_SHARE`` of memory holds them.

    ``films`` of the training stay in each process's memory, as uint8 with a mask of a byte a pixel. ``try_out``
    measures a number of processes; no images a second say that they found no room.
    """
    held = 2 * films * settings.image_size**2
    best = try_out(1)
    trials, why = [best], f"more than {most} are not tried"
    while best.count * 2 <= most:
        count = best.count * 2
        needed = count * (best.bytes_each + held)
        if needed > MEMORY_SHARE * free_bytes:
            why = f"{count} would need {needed / 2**30:.1f} of {free_bytes / 2**30:.1f} GiB free"
            break
        found = try_out(count)
        trials.append(found)
        if found.images_per_second < GAIN * best.images_per_second or not found.images_per_second:
            why = f"{count} together were not {GAIN} times as quick as {best.count}"
            break
        best = found
    return AtOnce(best.count, best.threads, f"{network.name}: {why}", trials)


def try_out(network: NetworkSpec, settings: TrainingSettings, precision: str, count: int) -> Trial:
    """Train ``count`` networks on noise beside each other for ``PROBE_SECONDS`` after all have begun."""
    context = multiprocessing.get_context("spawn")
    spin_little()
    threads = threads_of(count, settings.threads)
    ready, found = context.Barrier(count), context.Queue()
    processes = [
        context.Process(target=_probe, args=(network, settings, precision, threads, ready, found, os.getpid()))
        for _ in range(count)
    ]
    for process in processes:
        process.start()
    results: list[tuple[float, int]] = []
    try:
        while len(results) < count:
            if any(process.exitcode not in (None, 0) for process in processes):
                # One that found no room: so many are too many.
                return Trial(count, threads, 0.0, 0)
            if not found.empty():
                results.append(found.get())
            else:
                time.sleep(0.05)
    finally:
        for process in processes:
            if len(results) < count:
                process.kill()
            process.join()
    return Trial(count, threads, sum(rate for rate, _ in results), max(used for _, used in results))


def _probe(
    network: NetworkSpec, settings: TrainingSettings, precision: str, threads: int, ready: Any, found: Any, parent: int
) -> None:
    die_with_parent(parent)
    import torch

    from mlbackend.benchmark.cost import training_step
    from mlbackend.models.device import choose_device, memory_used

    torch.set_num_threads(threads)
    device = choose_device()
    step = training_step(network, settings.image_size, settings.batch_size, device, precision)
    for _ in range(2):
        step()
    ready.wait()
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < PROBE_SECONDS:
        step()
        done += settings.batch_size
    found.put((done / (time.perf_counter() - started), memory_used(device)))
