"""Who worked on a film's mask, and for how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotation.reviews.models import ALL_ACTS, ReportDecision

NO_REVIEW = (ReportDecision.WITHDRAWN, ReportDecision.SET_ASIDE)
"""Who took an act back, or could not see the film, has not reviewed its mask."""


@dataclass
class Effort:
    """Reviewers' pseudonyms in order of their acts, and the seconds of all acts."""

    reviewers: list[str] = field(default_factory=list)
    active_seconds: float = 0.0
    seconds_of_batch: dict[int, float] = field(default_factory=dict)
    """The same seconds by the number of the round in which they were spent."""


def efforts(project_image_ids: Sequence[UUID]) -> dict[UUID, Effort]:
    """Effort by film of a project.

    Reviewers are those whose act counts and was not withdrawn, each once. Seconds are those of every act, also of
    opinions and of work withdrawn later: a person spent them. Probes and repeats are left out: they make no mask.
    """
    found: dict[UUID, Effort] = defaultdict(Effort)
    acts: list[tuple[Any, ...]] = []
    model: Any
    for model in ALL_ACTS.values():
        acts += model.objects.filter(
            task__project_image_id__in=project_image_ids, task__is_probe=False, task__repeat_of=None
        ).values_list(
            "created_at",
            "id",
            "task__project_image_id",
            "actor__pseudonym",
            "active_seconds",
            "decision",
            "counts",
            "superseded_by__id",
            "task__batch__number",
        )
    for _, _, film, pseudonym, seconds, decision, counts, superseded, batch in sorted(acts, key=lambda act: act[:2]):
        effort = found[film]
        effort.active_seconds += seconds
        effort.seconds_of_batch[batch] = effort.seconds_of_batch.get(batch, 0.0) + seconds
        if counts and decision not in NO_REVIEW and superseded is None and pseudonym not in effort.reviewers:
            effort.reviewers.append(pseudonym)
    return found
