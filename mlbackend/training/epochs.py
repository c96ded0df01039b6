"""Runs the epochs: Lightning drives the steps, the keeper scores, selects, stores and reports after each epoch."""

from __future__ import annotations

import logging
import signal
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl
import torch
from torch import nn

from mlbackend.contracts import EpochMetrics, TrainRequest
from mlbackend.data.dataset import TrainingData
from mlbackend.data.resident import ResidentFilms
from mlbackend.metrics import dice_of, iou_of
from mlbackend.models.weights import state_of
from mlbackend.progress import Reporter
from mlbackend.storage import Storage
from mlbackend.training.checkpoint import TrainingState, save_checkpoint
from mlbackend.training.evaluation import evaluate
from mlbackend.training.module import Batches, SegmentationModule
from mlbackend.training.schedules import build_schedule


class TrainingError(RuntimeError):
    """A training that cannot go on; says why and what to change."""


class NotFiniteError(TrainingError):
    """The loss is no number any more."""


class EpochKeeper(pl.Callback):
    """After each epoch: validate, keep the best weights, store a checkpoint, report, and stop when nothing improves."""

    def __init__(
        self,
        request: TrainRequest,
        storage: Storage,
        data: TrainingData,
        device: torch.device,
        precision: str,
        identity: dict[str, Any],
        reporter: Reporter,
    ) -> None:
        self.request, self.storage, self.data = request, storage, data
        self.device, self.precision, self.identity, self.reporter = device, precision, identity, reporter
        self.train = ResidentFilms.of(data.train, device)
        self.validation = ResidentFilms.of(data.validation, device)
        self.shown = len(data.train)
        """Films that an epoch shows, each as often as it is shown."""
        self.state: TrainingState | None = None
        self.stop_if_cancelled: Callable[[], None] = lambda: None
        self._started = self._epoch_started = time.monotonic()
        self._steps_done = 0

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._started = time.monotonic()

    def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._epoch_started = time.monotonic()

    def on_train_batch_start(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, index: int) -> None:
        self.stop_if_cancelled()

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: SegmentationModule, outputs: Any, batch: Any, index: int
    ) -> None:
        self._steps_done += 1
        if not self.reporter.due():
            return
        self._check_finite(module, index + 1)
        self._report(trainer, module, finished=module.epoch, loss=float(module.loss_sum) / (index + 1))

    def on_train_epoch_end(self, trainer: pl.Trainer, module: SegmentationModule) -> None:
        settings, steps = self.request.settings, int(trainer.num_training_batches)
        train_seconds = time.monotonic() - self._epoch_started
        self._check_finite(module, steps)
        rate = module.schedule.rate((module.epoch + 1) * steps - 1)
        loss, counts = evaluate(
            module.network,
            self.validation,
            module.loss,
            batch_size=settings.batch_size,
            device=self.device,
            precision=self.precision,
            before_batch=self.stop_if_cancelled,
        )
        module.schedule.epoch_ended(loss)
        metrics = EpochMetrics(
            epoch=module.epoch + 1,
            train_loss=float(module.loss_sum) / steps,
            validation_loss=loss,
            validation_dsc=dice_of(counts),
            validation_iou=iou_of(counts),
            learning_rate=rate,
            images_per_second=self.shown / max(train_seconds, 1e-9),
            seconds=time.monotonic() - self._epoch_started,
        )
        self.state = self._advance(module, metrics, trainer)
        # The last epoch is stored too: a kill between training and result must not cost a training.
        save_checkpoint(self.storage, self.request, self.identity, self.state)
        self._report(trainer, module, finished=module.epoch + 1, loss=metrics.train_loss, force=True)
        if has_stalled(self.state.history, settings.early_stopping):
            trainer.should_stop = True

    def _advance(self, module: SegmentationModule, metrics: EpochMetrics, trainer: pl.Trainer) -> TrainingState:
        old = self.state
        weights = state_of(module.network)
        history = [*(old.history if old else []), metrics]
        best_epoch = max(history, key=lambda m: m.validation_dsc).epoch
        best = None
        if best_epoch != metrics.epoch and old is not None:
            best = old.network if old.best is None else old.best
        optimizer = trainer.optimizers[0].state_dict()
        return TrainingState(history, weights, optimizer, module.schedule.state(), best_epoch, best)

    def _check_finite(self, module: SegmentationModule, steps: int) -> None:
        if not bool(torch.isfinite(module.loss_sum)):
            raise NotFiniteError(
                f"the training loss is {float(module.loss_sum) / steps} in epoch {module.epoch + 1}; use a lower "
                f"learning_rate (now {self.request.settings.learning_rate:g}) or precision fp32"
            )

    def _report(
        self, trainer: pl.Trainer, module: SegmentationModule, *, finished: int, loss: float, force: bool = False
    ) -> None:
        history = self.state.history if self.state else []
        steps, epochs = int(trainer.num_training_batches), self.request.settings.epochs
        elapsed = time.monotonic() - self._started
        to_do = epochs * steps - module.first_epoch * steps - self._steps_done
        self.reporter.send(
            force=force,
            phase="training",
            done=finished,
            total=epochs,
            unit="epochs",
            epoch=min(finished + (not force), epochs),
            images_per_second=self._steps_done * self.shown / steps / max(elapsed, 1e-9),
            seconds_left=max(0.0, elapsed / self._steps_done * to_do),
            validation_dsc=history[-1].validation_dsc if history else None,
            train_loss=loss,
            curve=history,
        )


def has_stalled(history: list[EpochMetrics], patience: int) -> bool:
    """Whether the last ``patience`` epochs brought no better validation loss; never with patience 0."""
    if not patience or not history:
        return False
    best = min(history, key=lambda metrics: metrics.validation_loss)
    return history[-1].epoch - best.epoch >= patience


def run_epochs(
    network: nn.Module, keeper: EpochKeeper, state: TrainingState | None, stop_if_cancelled: Callable[[], None]
) -> TrainingState:
    """Train to the last epoch (or until nothing improves) from the beginning or from ``state``; returns the end state.

    Raises TrainingError where the loss is no longer a number, and whatever ``stop_if_cancelled`` raises.
    """
    settings = keeper.request.settings
    done = state.epoch if state else 0
    if state and (done >= settings.epochs or has_stalled(state.history, settings.early_stopping)):
        return state
    batches = Batches(keeper.train, settings, lambda: module.epoch)
    schedule = build_schedule(settings, len(batches))
    module = SegmentationModule(network, settings, schedule, done, keeper.precision)
    keeper.shown = batches.shown
    if state:
        network.load_state_dict(state.network)
        module.optimizer_state = state.optimizer
        schedule.load(state.schedule)
    keeper.state, keeper.stop_if_cancelled = state, stop_if_cancelled
    on_gpu = keeper.device.type == "cuda"
    network.train()
    with warnings.catch_warnings():
        # Lightning advises worker processes for loading; films are in memory already.
        warnings.filterwarnings("ignore", module=r"lightning\..*")
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        trainer = pl.Trainer(
            accelerator="gpu" if on_gpu else "cpu",
            devices=[keeper.device.index or 0] if on_gpu else 1,
            precision="bf16-mixed" if keeper.precision == "bf16" else "32-true",
            deterministic="warn" if on_gpu else False,
            benchmark=False,
            max_epochs=settings.epochs - done,
            callbacks=[keeper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            inference_mode=True,
        )
        _fit(trainer, module, batches)
    if keeper.state is None:
        raise TrainingError("the training ended before its first epoch did; send the job again")
    return keeper.state


def _fit(trainer: pl.Trainer, module: SegmentationModule, batches: Batches) -> None:
    try:
        trainer.fit(module, train_dataloaders=batches)
    except SystemExit as ended:
        if not isinstance(ended.__context__, KeyboardInterrupt):
            raise
        # Lightning turns Ctrl-C into an exit without words, and is deaf to the next one.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.default_int_handler)
        raise KeyboardInterrupt from None
