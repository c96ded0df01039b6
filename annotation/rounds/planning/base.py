"""What a stage says of its next round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.projects.models import Project
from annotation.rounds.models import Round

Steps = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Plan:
    """A round to be: its place in the protocol and its steps in order."""

    name: str
    stage: int
    kind: str
    steps: Steps

    @property
    def has_people(self) -> bool:
        """Whether anybody is asked anything in it."""
        return any(kind == "offer" for kind, _ in self.steps)


@dataclass(frozen=True)
class Place:
    """Where a project stands in one stage: the stage's ``index`` in the protocol, and all rounds so far, closed."""

    project: Project
    index: int
    rounds: list[Round]

    @property
    def own(self) -> list[Round]:
        """The rounds of this stage, oldest first."""
        return [round_ for round_ in self.rounds if round_.stage == self.index]

    def count(self, state: str) -> int:
        """Films of the pool in this state."""
        return ProjectImage.objects.filter(project=self.project, role=ImageRole.POOL, state=state).count()

    def films(self) -> int:
        """Films of the stage's rounds that are not excluded."""
        films = ProjectImage.objects.filter(project=self.project, rounds__round__in=self.own)
        return films.exclude(state=ImageState.EXCLUDED).distinct().count()


class StagePlanner(Protocol):
    """The next round of a stage, or None where it has none: it has ended, or there is nothing for it to do."""

    def __call__(self, stage: Any, place: Place) -> Plan | None: ...
