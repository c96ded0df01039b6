"""A film's history tells what admins decided of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.images.services import films_screen
from annotation.projects.models import Role
from tests.factories import ProjectFactory, ProjectImageFactory, member

pytestmark = pytest.mark.django_db


def test_screening_stands_in_the_history_with_who_when_and_why(api_as: Callable[[Any], Any]) -> None:
    project = ProjectFactory()
    film = ProjectImageFactory(project=project, image__view="lateral")
    admin = member(project, Role.ADMIN)
    films_screen(project, images=[film.image_id], outcome="out", reason="a lateral view", actor=admin)
    films_screen(project, images=[film.image_id], outcome="in", actor=admin)
    history = api_as(member(project, Role.RESEARCHER)).get(
        f"/api/projects/{project.slug}/films/{film.image_id}/history"
    )
    assert history.status_code == 200, history.content
    out, back = history.json()["decisions"]
    assert (out["about"], out["decision"], out["reason"]) == ("screening", "out", "a lateral view")
    assert (out["actor"], out["suggested"]) == (admin.pseudonym, ["not a frontal view"])
    assert (back["decision"], back["reason"]) == ("in", "")
    assert out["created_at"] < back["created_at"]
