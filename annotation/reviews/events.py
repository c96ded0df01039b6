"""What the apps above this one hear: a film was settled, a settled film was taken back, a task was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from annotation.images.models import ProjectImage
from annotation.masks.models import Mask
from annotation.reviews.models import ReviewTask


@dataclass(frozen=True)
class Settlement:
    """A film has its outcome in this batch.

    ``outcome`` is ``accepted``, ``corrected``, ``adjudicated``, ``drawn``, ``picked``, ``denied``, ``excluded``,
    ``confirmed`` or ``verified_corrected``; ``mask`` is None for denied and excluded.
    """

    task: ReviewTask
    project_image: ProjectImage
    outcome: str
    mask: Mask | None
    actor: Any
    reason: str = ""


_settled: list[Callable[[Settlement], None]] = []
_reopened: list[Callable[[ReviewTask, ProjectImage], None]] = []


def on_settled(listener: Callable[[Settlement], None]) -> None:
    """Register a listener; it runs in the transaction of the act that settled the film."""
    if listener not in _settled:
        _settled.append(listener)


def on_reopened(listener: Callable[[ReviewTask, ProjectImage], None]) -> None:
    """Register a listener for films whose settlement was undone; it runs in the transaction of the undo."""
    if listener not in _reopened:
        _reopened.append(listener)


def settle(settlement: Settlement) -> None:
    """Tell all listeners."""
    for listener in _settled:
        listener(settlement)


def reopen(task: ReviewTask, project_image: ProjectImage) -> None:
    """Tell all listeners."""
    for listener in _reopened:
        listener(task, project_image)
