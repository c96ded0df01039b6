"""A small world: a lung project with settled films, and a project beside it."""

from __future__ import annotations

import pytest

from annotation.projects.models import Convention, Project, Target
from tests.annotation.exports.world import settled
from tests.factories import ProjectFactory, seed_film


@pytest.fixture
def lung(db: None) -> Project:
    """Three settled films and one seed."""
    project = ProjectFactory(slug="lung")
    for _ in range(3):
        settled(project)
    seed_film(project)
    return project


@pytest.fixture
def infection(db: None) -> Project:
    """An infection project without films."""
    return ProjectFactory(slug="infection", target=Target.INFECTION, convention=Convention.INFECTION)
