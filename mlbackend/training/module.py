"""The network with its loss and optimiser, as Lightning's trainer drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mlbackend.contracts import TrainingSettings
from mlbackend.data.augmentation import draw_changes, only
from mlbackend.data.balance import added_rows
from mlbackend.data.resident import ResidentFilms
from mlbackend.training.losses import LOSSES
from mlbackend.training.passes import Batch, Passes, Stepper
from mlbackend.training.schedules import Schedule
from mlbackend.training.seeds import augmentation_generator, balance_generator, epoch_batches, seed_dropout


class Batches:
    """Batches of one epoch, made where the films are; order and augmentation follow from seed and epoch."""

    def __init__(self, films: ResidentFilms, settings: TrainingSettings, epoch: Callable[[], int]) -> None:
        self._films, self._settings, self._epoch = films, settings, epoch
        self._positive = films.positive() if settings.balance else np.zeros(0, bool)
        self.shown = len(films) + len(self._added(0))
        """Films that an epoch shows, each as often as it is shown."""

    def _added(self, epoch: int) -> npt.NDArray[np.int64]:
        """Rows of films that are shown in addition to every film once."""
        settings = self._settings
        if not settings.balance:
            return np.zeros(0, np.int64)
        return added_rows(self._positive, settings.balance, balance_generator(settings.seed, epoch).permutation)

    def __len__(self) -> int:
        return -(-self.shown // self._settings.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        settings, films, epoch = self._settings, self._films, self._epoch()
        places = [np.sort(r) for r in epoch_batches(self.shown, settings.batch_size, settings.seed, epoch)]
        generator = augmentation_generator(settings.seed, epoch)
        drawn = [draw_changes(len(part), settings.augmentation, generator) for part in places]
        if settings.balance:
            # What stands behind the films themselves is shown in addition, and that alone is changed.
            drawn = [only(one, torch.from_numpy(p >= len(films))) for one, p in zip(drawn, places, strict=True)]
        rows = np.concatenate([np.arange(len(films)), self._added(epoch)])
        # An epoch's numbers travel at once: a copy a step would make a GPU wait.
        device = films.images.device
        order = torch.from_numpy(rows[np.concatenate(places)]).to(device)
        changes = torch.cat(drawn, dim=1).to(device)
        start = 0
        for batch in places:
            part = slice(start, start + len(batch))
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
