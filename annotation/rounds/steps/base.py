"""What a step is to the engine."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from django.db.models import Max

from annotation.masks.models import ModelVersion
from annotation.projects.models import Project
from annotation.projects.protocol import Protocol as ReviewProtocol
from annotation.projects.protocol import Stage
from annotation.rounds.models import Round, RoundStep

UNREAD = ("quality", "metadata", "spacing_mm", "window")
"""JSON of a film that no choice looks at: a step may hold 30,000 films."""


def films_unread(prefix: str, *more: str) -> list[str]:
    """Names for ``defer``, of films that are reached by ``prefix``; ``more`` are further columns of theirs."""
    return [f"{prefix}__{name}" for name in (*UNREAD, *more)]


class Poll(Enum):
    """What a step says of itself."""

    WAIT = "wait"
    """Something else has to happen first: a job, a person, a grace period."""
    AGAIN = "again"
    """A part is done; ask again at once, in a new transaction."""
    DONE = "done"


class StepFailed(Exception):
    """The step cannot go on; the text says why, in words for an admin."""


def seed_of(project: Project, round_number: int, purpose: str) -> int:
    """A number for this purpose in this round: same project seed, same number."""
    return zlib.crc32(f"{project.random_seed}:{round_number}:{purpose}".encode()) & 0x7FFFFFFF


@dataclass
class Context:
    """All that a step works with; the project's row is locked."""

    project: Project
    protocol: ReviewProtocol
    stage: Stage
    round: Round
    step: RoundStep

    def seed(self, purpose: str) -> int:
        """A number for this purpose in this round: same project seed, same number."""
        return seed_of(self.project, self.round.number, purpose)

    def insert_after(self, steps: list[tuple[str, dict[str, Any]]]) -> None:
        """Put further steps behind this one, before those that follow."""
        later = list(self.round.steps.filter(index__gt=self.step.index).order_by("-index"))
        for step in later:
            step.index += len(steps)
            step.save(update_fields=["index"])
        for offset, (kind, params) in enumerate(steps, start=1):
            RoundStep.objects.create(round=self.round, index=self.step.index + offset, kind=kind, params=params)

    def next_film_order(self) -> int:
        """Place behind the last film of the round."""
        last = self.round.films.aggregate(last=Max("order"))["last"]
        return 0 if last is None else int(last) + 1


class StepKind(Protocol):
    """A kind of step. ``start`` runs once; ``poll`` runs until it says DONE. Both in a transaction."""

    def start(self, context: Context) -> None: ...

    def poll(self, context: Context) -> Poll: ...


def main_network(project: Project) -> ModelVersion:
    """The network that predicts now; raises StepFailed before there is one."""
    latest = (
        Round.objects.filter(project=project, main_network__isnull=False)
        .select_related("main_network")
        .order_by("-number")
        .first()
    )
    if latest is None or latest.main_network is None:
        raise StepFailed("there is no main network yet: no stage that trains one has ended")
    return latest.main_network
