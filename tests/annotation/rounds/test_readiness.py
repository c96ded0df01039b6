"""An admin who sets a project up sees what is still missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.images.services import films_screen
from annotation.projects.models import Project
from annotation.projects.protocol import get_protocol
from annotation.projects.services import guide_write
from annotation.rounds.selectors import readiness
from annotation.rounds.services import project_start
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    protocol = get_protocol(
        "covid-qu", I={"minimum_seeds": 4, "validation_fraction": 0.5}, II={"total": 2, "batch_size": 2}
    )
    made: Project = ProjectFactory(state="setup", protocol=protocol.to_json())
    return made


def open_points(project: Project) -> list[str]:
    return [point.code for point in readiness(project) if not point.done]


def test_a_new_project_lacks_everything_and_says_where_each_thing_is_done(project: Project) -> None:
    points = {point.code: point for point in readiness(project)}
    assert open_points(project) == [
        "seeds",
        "patients",
        "pool",
        "total",
        "screening",
        "annotator",
        "physician",
        "guide",
    ]
    assert points["seeds"].text == "0 seeds are imported, stage I asks for 4 or more"
    assert {code for code, point in points.items() if point.required} == {"seeds", "patients", "pool"}
    assert {point.page for point in points.values()} == {"import", "screening", "people", "guide"}


def test_points_are_done_one_after_the_other_and_the_required_ones_are_those_that_the_start_asks_for(
    project: Project,
) -> None:
    boss = member(project, "admin")
    for _ in range(4):
        seed_film(project)
    assert "validation" in open_points(project), "two patients of four select: few"
    films = [ProjectImageFactory(project=project) for _ in range(3)]
    assert open_points(project) == ["validation", "screening", "annotator", "physician", "guide"]
    films_screen(project, actor=boss, outcome="out", reason="blurred", images=[films[0].image_id])
    member(project, "annotator")
    member(project, "physician")
    guide_write(project, text="Draw.", author=boss)
    for _ in range(6):
        seed_film(project)
    assert open_points(project) == []
    screened = next(point for point in readiness(project) if point.code == "screening")
    assert screened.text == "the pool is screened: 1 films are out"
    project_start(project=project, actor=boss)


def test_the_number_of_patients_that_select_is_the_one_that_the_start_chooses(project: Project) -> None:
    for _ in range(7):
        seed_film(project)
    ProjectImageFactory(project=project)
    foreseen = next(point.text for point in readiness(project) if point.code == "validation")
    project_start(project=project, actor=member(project, "admin"))
    chosen = project.project_images.filter(split="validation").values("image__patient").distinct().count()
    assert foreseen.startswith(f"{chosen} of them")


def test_where_people_choose_among_drawings_two_are_wished_for_so_that_nobody_judges_his_own() -> None:
    project = ProjectFactory(
        state="setup", protocol=get_protocol("qata").to_json(), target="infection", convention="infection"
    )
    assert open_points(project) == ["pool", "total", "screening", "physician", "second_reader", "guide"]
    member(project, "physician")
    assert "second_reader" in open_points(project)
    member(project, "physician")
    points = {point.code: point for point in readiness(project)}
    assert points["second_reader"].done
    assert not points["second_reader"].required
    assert points["second_reader"].text.startswith("stage Ib wants two people")


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("researcher", 403), ("annotator", 403)])
def test_admins_alone_are_told(project: Project, role: str, status: int, api_as: Callable[[Any], APIClient]) -> None:
    answer = api_as(member(project, role)).get(f"/api/projects/{project.slug}/readiness")
    assert answer.status_code == status
