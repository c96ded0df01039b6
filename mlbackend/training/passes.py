"""Forward and backward of one batch, from films as they lie in memory to gradients; on a GPU as one captured graph.

A small network at a batch of four is some thousand short kernels, and the host is busier sending them than the GPU is
working on them. A CUDA graph sends them all at once. Same kernels, same order, same numbers: unlike a compiler's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import torch
from torch import nn

from mlbackend.data.augmentation import apply_changes
from mlbackend.data.normalise import normalise
from mlbackend.environment import read
from mlbackend.models.device import autocast
from mlbackend.training.losses import Loss, foreground_logit

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Films (N, H, W) uint8, masks (N, H, W) bool, and what augmentation does to each (``draw_changes``)."""
GRAPHS = "GROUNDWORK_GRAPHS"
"""Environment variable; 0 keeps a GPU from capturing."""
WARM = 3
"""Passes before a capture, in which libraries choose and load their kernels."""
TOLERANCE = 0.02
"""Greatest relative difference of loss and gradients between a graph and the passes that it was captured from."""
_log = logging.getLogger(__name__)


class CaptureError(RuntimeError):
    """A graph that could not be captured, or that does not give the numbers of its passes."""


@dataclass(frozen=True)
class Passes:
    """Leaves the gradients of a batch's mean loss in the network's parameters, in place of those before."""

    network: nn.Module
    loss: Loss
    precision: str
    micro_batch: int = 0

    def __call__(self, batch: Batch) -> torch.Tensor:
        """The batch's loss, without a graph of its own; all on the device of ``batch``."""
        images, masks, changes = batch
        device = images.device
        # Geometry and exposure lose too much in bf16.
        with torch.autocast(device.type, enabled=False):
            films, truth = apply_changes(images.float(), masks.float(), changes)
            films = normalise(films)
        for parameter in self.network.parameters():
            parameter.grad = None
        total = torch.zeros((), device=device)
        for part in parts_of(len(images), self.micro_batch):
            with autocast(device, self.precision):
                logit = foreground_logit(self.network(films[part]))
            with torch.autocast(device.type, enabled=False):
                loss = self.loss(logit, truth[part]) * ((part.stop - part.start) / len(images))
            loss.backward()
            total += loss.detach()
        return total


def parts_of(count: int, size: int) -> list[slice]:
    """Rows of a batch, about ``size`` at a time or all at once; a part of one film is made where ``size`` is 1 only.

    Batch normalisation has nothing to average over in a single film's last, smallest picture.
    """
    parts = 1 if not size else max(1, count // size if count % size == 1 and size > 1 else -(-count // size))
    ends = [round(count * (number + 1) / parts) for number in range(parts)]
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


class Graph:
    """Passes over batches of one size, captured. Changes neither the network nor torch's random numbers.

    Raises CaptureError where it cannot be captured, or where a replay is not what the passes give.
    """

    def __init__(self, passes: Passes, batch: Batch) -> None:
        self._network = passes.network
        self._given = tuple(part.clone() for part in batch)
        device = batch[0].device
        kept = [buffer.clone() for buffer in self._network.buffers()]
        random = torch.cuda.get_rng_state(device)
        try:
            expected, gradients = self._warm(passes, device, random)
            self._graph = torch.cuda.CUDAGraph()
            for parameter in self._network.parameters():
                parameter.grad = None
            with torch.cuda.graph(self._graph), torch.autocast("cuda", enabled=False, cache_enabled=False):
                self._loss = passes(self._given)  # type: ignore[arg-type]
            # Of this graph: another one for another size of batch has its own.
            self._gradients = [parameter.grad for parameter in self._network.parameters()]
            torch.cuda.set_rng_state(random, device)
            found = self(batch)
            self._compare(expected, found, gradients)
        except RuntimeError as error:
            raise CaptureError(str(error).partition("\n")[0]) from error
        finally:
            with torch.no_grad():
                for buffer, before in zip(self._network.buffers(), kept, strict=True):
                    buffer.copy_(before)
            torch.cuda.set_rng_state(random, device)

    def _warm(
        self, passes: Passes, device: torch.device, random: torch.Tensor
    ) -> tuple[torch.Tensor, list[torch.Tensor | None]]:
        """Loss and gradients of the passes, as often as libraries need to settle, beside the main stream."""
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(WARM):
                torch.cuda.set_rng_state(random, device)
                loss = passes(self._given).clone()  # type: ignore[arg-type]
        torch.cuda.current_stream(device).wait_stream(stream)
        gradients = [None if p.grad is None else p.grad.clone() for p in self._network.parameters()]
        return loss, gradients

    def _compare(self, expected: torch.Tensor, found: torch.Tensor, gradients: list[torch.Tensor | None]) -> None:
        pairs = [(expected, found)]
        for before, after in zip(gradients, self._gradients, strict=True):
            if (before is None) != (after is None):
                raise CaptureError("a replay leaves gradients at other parameters than its passes")
            if before is not None and after is not None:
                pairs.append((before, after))
        apart = torch.stack([(a.float() - b.float()).square().sum() for a, b in pairs]).sum().sqrt()
        size = torch.stack([a.float().square().sum() for a, _ in pairs]).sum().sqrt()
        if not bool(apart <= TOLERANCE * size):
            raise CaptureError(f"a replay's loss and gradients differ from its passes' by {float(apart / size):.2g}")

    def __call__(self, batch: Batch) -> torch.Tensor:
        """As ``Passes``; the loss is overwritten by the next call."""
        for place, part in zip(self._given, batch, strict=True):
            place.copy_(part)
        self._graph.replay()
        for parameter, gradient in zip(self._network.parameters(), self._gradients, strict=True):
            parameter.grad = gradient
        return self._loss


class Stepper:
    """Passes as they are, or on a GPU as graphs: one for each size of batch, captured when it first comes."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes
        self._graphs: dict[int, Graph] = {}
        self._captures = bool(read(GRAPHS))

    def __call__(self, batch: Batch) -> torch.Tensor:
        """As ``Passes``."""
        images = batch[0]
        if images.device.type != "cuda" or not self._captures:
            return self._passes(batch)
        if len(images) not in self._graphs:
            try:
                self._graphs[len(images)] = Graph(self._passes, batch)
            except CaptureError as error:
                _log.warning("no graph is captured, each kernel is sent by itself: %s", error)
                self._captures = False
                return self._passes(batch)
        return self._graphs[len(images)](batch)
