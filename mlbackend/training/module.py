"""The network with its loss and optimiser, as Lightning's trainer drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn

from mlbackend.contracts import TrainingSettings
from mlbackend.data.augmentation import draw_changes
from mlbackend.data.resident import ResidentFilms
from mlbackend.training.losses import LOSSES
from mlbackend.training.passes import Batch, Passes, Stepper
from mlbackend.training.schedules import Schedule
from mlbackend.training.seeds import augmentation_generator, epoch_batches, seed_dropout


class Batches:
    """Batches of one epoch, made where the films are; order and augmentation follow from seed and epoch."""

    def __init__(self, films: ResidentFilms, settings: TrainingSettings, epoch: Callable[[], int]) -> None:
        self._films, self._settings, self._epoch = films, settings, epoch

    def __len__(self) -> int:
        return -(-len(self._films) // self._settings.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        settings, films, epoch = self._settings, self._films, self._epoch()
        batches = [np.sort(r) for r in epoch_batches(len(films), settings.batch_size, settings.seed, epoch)]
        generator = augmentation_generator(settings.seed, epoch)
        drawn = [draw_changes(len(rows), settings.augmentation, generator) for rows in batches]
        # An epoch's numbers travel at once: a copy a step would make a GPU wait.
        device = films.images.device
        order = torch.from_numpy(np.concatenate(batches)).to(device)
        changes = torch.cat(drawn, dim=1).to(device)
        start = 0
        for rows in batches:
            part = slice(start, start + len(rows))
            index = order[part]
            yield films.images[index], films.masks[index], changes[:, part]
            start = part.stop


class SegmentationModule(pl.LightningModule):
    """Trains a segmentation network; epochs are numbered over the whole training, also when it is resumed."""

    def __init__(
        self, network: nn.Module, settings: TrainingSettings, schedule: Schedule, first_epoch: int, precision: str
    ) -> None:
        super().__init__()
        # Steps by hand, so that a batch may go through in parts.
        self.automatic_optimization = False
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings, self.schedule, self.first_epoch = settings, schedule, first_epoch
        self.loss = LOSSES[settings.loss]
        self.stepper = Stepper(Passes(self.network, self.loss, precision, settings.micro_batch))
        self.loss_sum = torch.zeros(())
        self.optimizer_state: dict[str, Any] | None = None

    @property
    def epoch(self) -> int:
        """Number of epochs finished before the running one."""
        return self.first_epoch + int(self.current_epoch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        settings = self.settings
        # Without weight decay AdamW is Adam (tahir2021); with it, the decay does not pass through the moments.
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=settings.learning_rate,
            betas=(settings.beta1, settings.beta2),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
            self.optimizer_state = None
        return optimizer

    def on_train_epoch_start(self) -> None:
        seed_dropout(self.settings.seed, self.epoch)
        self.loss_sum = torch.zeros((), device=self.device)

    def training_step(self, batch: Batch, batch_index: int) -> None:
        step = self.epoch * int(self.trainer.num_training_batches) + batch_index
        optimizer = self.trainer.optimizers[0]
        for group in optimizer.param_groups:
            group["lr"] = self.schedule.rate(step)
        self.loss_sum += self.stepper(batch)
        optimizer.step()
