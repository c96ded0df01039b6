"""How the learning rate goes through a training. All state is plain JSON, so that a checkpoint can hold it."""

from __future__ import annotations

import math
from typing import Any, Protocol

from mlbackend.contracts import TrainingSettings

WARM_UP = 0.3
"""Share of the steps in which ``onecycle`` rises."""
START_DIVISOR, END_DIVISOR = 25.0, 1e4


class Schedule(Protocol):
    """Gives the rate of each step; told of each epoch's validation loss."""

    def rate(self, step: int) -> float:
        """Learning rate of an optimiser step, counted from 0 over the whole training."""
        ...

    def epoch_ended(self, validation_loss: float) -> None:
        """Called after each epoch."""
        ...

    def state(self) -> dict[str, Any]:
        """State to store in a checkpoint."""
        ...

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a stored state."""
        ...


class ConstantSchedule:
    """The same rate from first to last."""

    def __init__(self, peak: float) -> None:
        self.peak = peak

    def rate(self, step: int) -> float:
        return self.peak

    def epoch_ended(self, validation_loss: float) -> None:
        """Nothing follows from it."""

    def state(self) -> dict[str, Any]:
        return {}

    def load(self, state: dict[str, Any]) -> None:
        """Nothing to load."""


class OneCycleSchedule(ConstantSchedule):
    """Cosine from peak / 25 up to the peak over ``WARM_UP`` of the steps, then cosine down to almost nothing."""

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__(peak)
        self.steps = max(1, steps)

    def rate(self, step: int) -> float:
        start = self.peak / START_DIVISOR
        end = start / END_DIVISOR
        top = WARM_UP * self.steps - 1
        last = self.steps - 1
        if step <= top:
            return _cosine(start, self.peak, step / top if top > 0 else 1.0)
        return _cosine(self.peak, end, (step - top) / (last - top) if last > top else 1.0)


class PlateauSchedule(ConstantSchedule):
    """Divide the rate by ``factor`` after ``patience`` epochs without better validation loss (tahir2021 section 3)."""

    def __init__(self, peak: float, patience: int, factor: float) -> None:
        super().__init__(peak)
        self.patience, self.factor = patience, factor
        self.best, self.bad_epochs = math.inf, 0

    def epoch_ended(self, validation_loss: float) -> None:
        if validation_loss < self.best:
            self.best, self.bad_epochs = validation_loss, 0
            return
        self.bad_epochs += 1
        if self.bad_epochs >= self.patience:
            self.peak /= self.factor
            self.bad_epochs = 0

    def state(self) -> dict[str, Any]:
        return {"peak": self.peak, "best": self.best, "bad_epochs": self.bad_epochs}

    def load(self, state: dict[str, Any]) -> None:
        self.peak, self.best, self.bad_epochs = float(state["peak"]), float(state["best"]), int(state["bad_epochs"])


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def build_schedule(settings: TrainingSettings, steps_per_epoch: int) -> Schedule:
    """Schedule of the settings; ``settings.schedule`` has been checked."""
    if settings.schedule == "plateau":
        return PlateauSchedule(settings.learning_rate, settings.lr_patience, settings.lr_factor)
    if settings.schedule == "onecycle":
        return OneCycleSchedule(settings.learning_rate, settings.epochs * steps_per_epoch)
    return ConstantSchedule(settings.learning_rate)
