"""Films on their way to a dataset."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np

from annotation.images.models import ImageState, ProjectImage
from annotation.masks.models import MaskKind
from annotation.projects.models import Project
from annotation.reviews.models import TaskState, Verdict
from annotation.rounds.models import Provenance
from tests.factories import MaskFactory, ProjectImageFactory, RepositoryEntryFactory, ReviewTaskFactory


def settled(
    project: Project, *, image: Any = None, pixels: np.ndarray | None = None, split: str = "", **entry: Any
) -> ProjectImage:
    """A pool film whose mask a network drew and a person accepted."""
    film = ProjectImageFactory(
        project=project, state=ImageState.SETTLED, split=split, **({"image": image} if image else {})
    )
    mask = MaskFactory(project=project, image=film.image, kind=MaskKind.CANDIDATE, pixels=pixels)
    RepositoryEntryFactory(
        project_image=film, mask=mask, **{"provenance": Provenance.ACCEPTED, "round_number": 2, **entry}
    )
    return film


def acted(film: ProjectImage, actor: Any, seconds: float, *, counts: bool = True, **task: Any) -> Verdict:
    """One person's accepting verdict on the film."""
    row = ReviewTaskFactory(
        batch__project=film.project, project_image=film, state=TaskState.DONE, done_by=actor, **task
    )
    return Verdict.objects.create(
        task=row,
        actor=actor,
        idempotency_key=uuid.uuid4().hex,
        request_digest="0" * 64,
        decision="accept",
        active_seconds=seconds,
        counts=counts,
        sequence=0 if counts else None,
    )
