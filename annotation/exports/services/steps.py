"""Which mask a film had after each step of its project's protocol, read off the repository's rows.

A step is a stage in which people settle masks: every stage of review but verification, in the protocol's order,
whatever it is called. The first of them is ``stage2``, the second ``stage3``; what came later, and verification, is
in ``final`` alone (docs/decisions/0010-what-each-stage-left.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from annotation.masks.models import ModelVersion
from annotation.projects.models import Project, ProjectState
from annotation.projects.protocol import Protocol, ReviewStage, VerificationStage
from annotation.rounds.models import RepositoryEntry, Round
from mlbackend.contracts import FINAL, STAGE2, STAGE3

STAGE_LABELS = (STAGE2, STAGE3)
SEEDS = -1
"""Place of the round 0, in which seeds came with their masks: before the first stage."""


@dataclass(frozen=True)
class TruthRow:
    """One row of a film's repository, also of those that were superseded."""

    version: int
    round_number: int
    superseded_at: datetime | None
    provenance: str
    mask_id: UUID
    mask_key: str
    mask_sha256: str


def truths_of(project_image_ids: Sequence[UUID]) -> dict[UUID, list[TruthRow]]:
    """All truths that films of a project ever had, oldest first."""
    found: dict[UUID, list[TruthRow]] = defaultdict(list)
    rows = RepositoryEntry.objects.filter(project_image__in=project_image_ids).order_by("project_image", "version")
    names = ("project_image_id", "version", "round_number", "superseded_at", "provenance", "mask_id")
    for film, version, number, superseded, provenance, mask, key, sha256 in rows.values_list(
        *names, "mask__storage_key", "mask__sha256"
    ):
        found[film].append(TruthRow(version, number, superseded, provenance, mask, key, sha256))
    return found


@dataclass(frozen=True)
class Step:
    """What a label stands for in one project."""

    label: str
    stage: int | None
    """Index into the protocol's stages; None where the protocol has no such stage."""
    name: str
    kind: str
    state: str
    """``ended``, ``going on``, ``not reached``, ``passed over`` (it had no films) or ``not in the protocol``."""


class Steps:
    """The steps of one project as they stand now."""

    def __init__(self, protocol: Protocol, rounds: Sequence[Round], *, finished: bool) -> None:
        self._stage_of = {round_.number: round_.stage for round_ in rounds} | {0: SEEDS}
        self._closed_at = {round_.number: round_.closed_at for round_ in rounds}
        self._beyond = len(protocol.stages)
        settling = [
            index
            for index, stage in enumerate(protocol.stages)
            if isinstance(stage, ReviewStage) and not isinstance(stage, VerificationStage)
        ]
        self.steps: list[Step] = []
        self._last: dict[str, int] = {}
        """The last stage that counts for a label; a step that is missing leaves what the one before it left."""
        for place, label in enumerate(STAGE_LABELS):
            index = settling[place] if place < len(settling) else None
            before = self._last[STAGE_LABELS[place - 1]] if place else 0
            self._last[label] = before if index is None else index
            if index is None:
                self.steps.append(Step(label, None, "", "", "not in the protocol"))
            else:
                stage = protocol.stages[index]
                self.steps.append(Step(label, index, stage.name, stage.kind, _state(index, rounds, finished)))
        first = [round_ for round_ in rounds if round_.stage == 0 and round_.main_network_id is not None]
        self.network_id: UUID | None = first[-1].main_network_id if first else None
        """The main network of the first stage, which trains on seeds alone."""

    @classmethod
    def of(cls, project: Project) -> Self:
        """Read them from the project's protocol and rounds."""
        rounds = list(Round.objects.filter(project=project).order_by("number"))
        return cls(Protocol.from_json(project.protocol), rounds, finished=project.state == ProjectState.FINISHED)

    def mask_after(self, label: str, truths: Sequence[TruthRow]) -> dict[str, Any] | None:
        """The mask of the last truth of a stage up to the label's; None where a film had none and the network's stands.

        What was taken back while its round was open never left that round. ``truths`` are of one film, oldest first.
        """
        limit = self._last[label]
        kept = [row for row in truths if self._place(row.round_number) <= limit and not self._taken_back(row)]
        if not kept:
            return None
        row = kept[-1]
        return {
            "mask_id": str(row.mask_id),
            "mask_key": row.mask_key,
            "mask_sha256": row.mask_sha256,
            "provenance": row.provenance,
            "round": row.round_number,
        }

    def seconds_by_label(self, seconds_of_round: Mapping[int, float]) -> dict[str, float]:
        """People's seconds in the step of each label; what came after the last step is ``final``'s."""
        found = dict.fromkeys((*STAGE_LABELS, FINAL), 0.0)
        for number, seconds in seconds_of_round.items():
            place = self._place(number)
            label = next((label for label in STAGE_LABELS if place <= self._last[label]), FINAL)
            found[label] += seconds
        return {label: round(seconds, 3) for label, seconds in found.items()}

    def as_json(self, project: Project) -> dict[str, Any]:
        """What a version keeps of a project's steps, with the network that draws its candidates."""
        network = ModelVersion.objects.get(pk=self.network_id) if self.network_id else None
        return {
            "slug": project.slug,
            "target": project.target,
            "network": None if network is None else network_json(network),
            "steps": [dict(step.__dict__) for step in self.steps],
        }

    def _place(self, round_number: int) -> int:
        return self._stage_of.get(round_number, self._beyond)

    def _taken_back(self, row: TruthRow) -> bool:
        """A truth is taken back in its round, or followed by a later round's: closed rounds take nothing back."""
        if row.superseded_at is None or row.round_number == 0:
            return False
        closed = self._closed_at.get(row.round_number)
        return closed is None or row.superseded_at <= closed


def network_json(network: ModelVersion) -> dict[str, Any]:
    """Who drew the candidates: enough to find the very weights."""
    return {
        "id": str(network.pk),
        "name": network.name,
        "round": network.round_number,
        "image_size": network.image_size,
        "weights_sha256": network.weights_sha256,
        "data_hash": network.data_hash,
        "validation_dsc": network.validation_dsc,
    }


def _state(index: int, rounds: Sequence[Round], finished: bool) -> str:
    later = finished or any(round_.stage > index for round_ in rounds)
    mine = [round_ for round_ in rounds if round_.stage == index]
    if not mine:
        return "passed over" if later else "not reached"
    if later:
        return "ended"
    return "going on"
