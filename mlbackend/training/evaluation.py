"""Loss and scores of a network on the validation films, at the working size."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mlbackend.data.normalise import normalise
from mlbackend.data.resident import ResidentFilms
from mlbackend.metrics import Confusion
from mlbackend.models.device import autocast
from mlbackend.training.losses import Loss, foreground_logit


@torch.inference_mode()
def evaluate(
    network: nn.Module,
    films: ResidentFilms,
    loss: Loss,
    *,
    batch_size: int,
    device: torch.device,
    precision: str,
    before_batch: Callable[[], None] = lambda: None,
) -> tuple[float, Confusion]:
    """Mean loss over films, and TP, FP, FN, TN accumulated over all of them at threshold 0.5 (a pixel is
    foreground above it).

    Leaves the network in the mode it was in. ``before_batch`` may raise to stop.
    """
    was_training = network.training
    network.eval()
    losses: list[tuple[torch.Tensor, int]] = []
    counts = torch.zeros(4, dtype=torch.int64, device=device)
    for start in range(0, len(films), batch_size):
        before_batch()
        rows = slice(start, start + batch_size)
        images = films.images[rows].to(device)
        truth = films.masks[rows].to(device)
        with autocast(device, precision):
            logits = network(normalise(images))
        logit = foreground_logit(logits)
        losses.append((loss(logit, truth.float()), len(images)))
        drawn = logit > 0
        tp = (drawn & truth).sum()
        fp, fn = drawn.sum() - tp, truth.sum() - tp
        counts += torch.stack((tp, fp, fn, truth.numel() - tp - fp - fn))
    network.train(was_training)
    # Read at the end: a number a batch would make a GPU wait for the host.
    total = sum(float(value) * count for value, count in losses)
    tp_fp_fn_tn = [int(value) for value in counts.tolist()]
    return total / len(films), Confusion(*tp_fp_fn_tn)
