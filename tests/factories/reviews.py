"""Truths, batches, tasks and rounds."""

from __future__ import annotations

from typing import Any

import factory
import numpy as np
from factory.django import DjangoModelFactory

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.masks.models import MaskKind
from annotation.projects.models import Project, Role
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskKind
from annotation.rounds.models import Provenance, RepositoryEntry, Round
from tests.factories.films import ImageFactory, ProjectImageFactory
from tests.factories.masks import MaskFactory
from tests.factories.people import ProjectFactory


class RepositoryEntryFactory(DjangoModelFactory):
    """The ground truth of a film: first version, drawn by an MD."""

    class Meta:
        model = RepositoryEntry

    project = factory.SelfAttribute("project_image.project")
    project_image = factory.SubFactory(ProjectImageFactory, state=ImageState.SETTLED)
    mask = factory.SubFactory(
        MaskFactory,
        project=factory.SelfAttribute("..project_image.project"),
        image=factory.SelfAttribute("..project_image.image"),
    )
    provenance = Provenance.DRAWN
    version = 1
    round_number = 0


class ReviewBatchFactory(DjangoModelFactory):
    """An open batch."""

    class Meta:
        model = ReviewBatch

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    name = "II.1"


class ReviewTaskFactory(DjangoModelFactory):
    """An open verdict task on a network's mask of a pool film."""

    class Meta:
        model = ReviewTask

    batch = factory.SubFactory(ReviewBatchFactory)
    project = factory.SelfAttribute("batch.project")
    project_image = factory.SubFactory(
        ProjectImageFactory, project=factory.SelfAttribute("..batch.project"), state=ImageState.CHOSEN
    )
    kind = TaskKind.VERDICT
    role = Role.ANNOTATOR
    order = factory.Sequence(int)
    proposal = factory.SubFactory(
        MaskFactory,
        kind=MaskKind.CANDIDATE,
        project=factory.SelfAttribute("..batch.project"),
        image=factory.SelfAttribute("..project_image.image"),
    )


class RoundFactory(DjangoModelFactory):
    """An open round of stage II with its batch."""

    class Meta:
        model = Round

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    name, stage, kind = "II.1", 1, "evaluation"
    batch = factory.SubFactory(ReviewBatchFactory, project=factory.SelfAttribute("..project"))


def seed_film(project: Project, *, pixels: np.ndarray | None = None, **image: Any) -> ProjectImage:
    """A seed film of the project with its mask in the repository."""
    film = ImageFactory(**image)
    project_image = ProjectImageFactory(project=project, image=film, role=ImageRole.SEED, state=ImageState.SETTLED)
    mask = MaskFactory(project=project, image=film, kind=MaskKind.SEED, pixels=pixels)
    RepositoryEntryFactory(project_image=project_image, mask=mask, provenance=Provenance.SEED)
    return project_image
