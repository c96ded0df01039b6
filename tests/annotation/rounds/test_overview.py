"""Researchers and admins see their projects at a glance, at a cost that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.projects.models import Role
from annotation.reviews.models import TaskKind
from annotation.reviews.services import tasks_next
from annotation.rounds.models import Round
from tests.annotation.reviews.world import verdict
from tests.annotation.rounds.world import World
from tests.factories import ProjectFactory, ProjectImageFactory, member

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


def test_a_project_says_masks_films_what_waits_what_runs_and_how_often_people_accept(api_as: Client) -> None:
    world = World()
    world.start()
    annotator = world.people["annotator"]
    first, second, _ = tasks_next(user=annotator, project=world.project, count=3, kinds=[TaskKind.VERDICT])
    verdict(annotator, first, "accept")
    verdict(annotator, second, "reject")
    for role in ("researcher", "admin", "root"):
        found = {one["project"]: one for one in api_as(world.people[role]).get("/api/overview").json()}
        mine = found[world.project.slug]
        assert (mine["films"], mine["masks"]) == (18, 11)
        assert mine["waiting"] == {"verdict": 1, "correction": 1}
        assert mine["round"] == {
            "name": "II.1", "kind": "evaluation", "state": "open", "step": "review", "running": 0, "queued": 0,
        }  # fmt: skip
        assert (mine["accepted"]["count"], mine["accepted"]["of"]) == (1, 2)


def test_who_leads_no_project_is_told_of_none(api_as: Client) -> None:
    world = World()
    for role in ("annotator", "physician"):
        assert api_as(world.people[role]).get("/api/overview").json() == []


def test_the_cost_does_not_grow_with_the_projects(api_as: Client, django_assert_max_num_queries: Any) -> None:
    person = member(ProjectFactory(), Role.ADMIN)
    for _ in range(6):
        project = ProjectFactory()
        ProjectImageFactory(project=project)
        Round.objects.create(project=project, number=1, name="I", stage=0, kind="initial_training")
        project.memberships.create(user=person, role=Role.ADMIN)
    client = api_as(person)
    with django_assert_max_num_queries(12):
        assert len(client.get("/api/overview").json()) == 7
