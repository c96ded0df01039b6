"""Trains an encoder to tell films with infection from films without."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from mlbackend.activation.classifier import EncoderClassifier
from mlbackend.config import ConfigError
from mlbackend.data.augmentation import augment
from mlbackend.data.normalise import normalise
from mlbackend.models.device import autocast
from mlbackend.training.seeds import augmentation_generator, derive_seed, epoch_batches, seed_dropout


@dataclass(frozen=True)
class ClassifierSettings:
    """What is the classifier's own; all else is as for the segmentation network (degerli2021 section III-A)."""

    epochs: int = 10
    learning_rate: float = 1e-5

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ConfigError(f"classifier.epochs: {self.epochs!r} is not valid; use a whole number from 1")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 10):
            raise ConfigError(f"classifier.learning_rate: {self.learning_rate!r} is not valid; use a number up to 10")


@dataclass(frozen=True)
class Films:
    """Films to learn from, at the working size."""

    images: npt.NDArray[np.uint8]
    """(N, S, S), 0..255."""
    infected: npt.NDArray[np.bool_]
    """(N,)."""


def balanced_rows(infected: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.intp]:
    """Row numbers in which both classes come as often: the rarer one's again and again, each as often as it goes.

    The paper balances its classes by augmentation, so that the copies differ (degerli2021 section III-A).
    """
    classes = [np.flatnonzero(infected), np.flatnonzero(~infected)]
    wanted = max(len(rows) for rows in classes)
    rng = np.random.default_rng(seed)
    return np.concatenate([np.resize(rng.permutation(rows), wanted) for rows in classes])


def train_classifier(
    network: EncoderClassifier,
    films: Films,
    settings: ClassifierSettings,
    *,
    batch_size: int,
    augmentation: str,
    precision: str,
    seed: int,
    betas: tuple[float, float] = (0.9, 0.999),
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> None:
    """Fit all weights by categorical cross-entropy and Adam, for a fixed number of epochs; nothing is selected.

    ``on_epoch`` gets the epoch, from 1, and its mean loss. Raises ConfigError where a class has no film, or where the
    loss is no number any more.
    """
    if not films.infected.any() or films.infected.all():
        raise ConfigError(
            f"films: {int(films.infected.sum())} of {len(films.infected)} show infection; a classifier needs films of "
            "both classes: choose other rows, or name labels without infection in --negatives"
        )
    device = next(network.parameters()).device
    images, truth = torch.from_numpy(films.images), torch.from_numpy(films.infected.astype(np.int64))
    learning = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=settings.learning_rate, betas=betas)
    for epoch in range(settings.epochs):
        rows = balanced_rows(films.infected, derive_seed(seed, epoch, 0))
        generator = augmentation_generator(seed, epoch)
        seed_dropout(seed, epoch)
        network.train()
        losses = []
        for batch in epoch_batches(len(rows), batch_size, seed, epoch):
            chosen = rows[batch]
            shown = images[chosen].float()
            shown, _ = augment(shown, torch.zeros_like(shown), augmentation, generator)
            with autocast(device, precision):
                logits = network(normalise(shown.to(device)))
            loss = functional.cross_entropy(logits.float(), truth[chosen].to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        mean = float(np.mean(losses))
        if not math.isfinite(mean):
            raise ConfigError(
                f"classifier.learning_rate: the loss is {mean} in epoch {epoch + 1}; use less than "
                f"{settings.learning_rate:g}"
            )
        on_epoch(epoch + 1, mean)
