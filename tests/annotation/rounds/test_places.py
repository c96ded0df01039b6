"""The overview says of each stage where its films are, and when a batch closes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import tasks_next
from tests.annotation.reviews.world import verdict
from tests.annotation.rounds.world import World

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def world() -> World:
    return World()


def progress(world: World, api_as: Client, role: str) -> dict[str, Any]:
    answer = api_as(world.people[role]).get(f"/api/projects/{world.project.slug}/progress")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_each_round_says_where_its_films_are_and_each_film_stands_in_one_place(world: World, api_as: Client) -> None:
    world.start()
    annotator = world.people["annotator"]
    first, second, _ = tasks_next(user=annotator, project=world.project, count=3, kinds=[TaskKind.VERDICT])
    verdict(annotator, first, "accept")
    verdict(annotator, second, "exclude", comment="a child")
    one, two, *_ = progress(world, api_as, "researcher")["stages"]
    assert one["rounds"][0]["places"] == {}
    assert two["rounds"][0]["places"] == {"reading": 1, "settled": 1, "excluded": 1}


def test_reviewers_are_not_told_as_a_probe_would_show_itself_by_what_stays(world: World, api_as: Client) -> None:
    world.start()
    stages = progress(world, api_as, "annotator")["stages"]
    assert [round_["places"] for stage in stages for round_ in stage["rounds"]] == [None, None]


def test_a_batch_whose_last_task_is_done_says_when_it_closes(world: World, api_as: Client) -> None:
    world.project.protocol["stages"][1]["undo_grace_seconds"] = 600.0
    world.project.save()
    world.start()
    assert progress(world, api_as, "annotator")["current"]["closes_at"] is None
    world.accept_all()
    last = ReviewTask.objects.filter(project=world.project).order_by("-settled_at")[0].settled_at
    assert last is not None
    for role in ("annotator", "admin"):
        closes = datetime.fromisoformat(progress(world, api_as, role)["current"]["closes_at"])
        assert closes == last + timedelta(seconds=600)
