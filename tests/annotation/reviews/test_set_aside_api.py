"""Films that cannot be loaded, over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.reviews.models import ReviewTask, TaskState
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.world import World, new_key
from tests.factories import ProjectFactory, member

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


def reported(api_as: Client, world: World) -> dict[str, Any]:
    """A film that the annotator has reported."""
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    body = {"idempotency_key": new_key(), "lease_token": task["lease_token"], "active_seconds": 3, "comment": "black"}
    for status in (201, 200):
        answer = client.post(f"/api/tasks/{task['id']}/report", body)
        assert answer.status_code == status, answer.content
        assert answer.json()["task"] == {"id": task["id"], "state": "set_aside"}
    return task


def test_a_reported_film_is_listed_for_admins_and_put_back(world: World, api_as: Client) -> None:
    world.verdicts()
    task = reported(api_as, world)
    admin = api_as(world.admin)
    address = f"/api/projects/{world.project.slug}/set-aside"
    (film,) = admin.get(address).json()
    assert film["image"] == task["image"]["id"]
    assert [(said["by"], said["comment"]) for said in film["reports"]] == [(world.annotator.username, "black")]
    assert fetch(api_as(world.annotator), world) == []
    back = admin.post(f"{address}/{film['image']}/put-back")
    assert (back.status_code, back.json()["decision"], back.json()["made_anew"]) == (200, "put_back", False)
    assert admin.get(address).json() == []
    assert [one["id"] for one in fetch(api_as(world.annotator), world)] == [task["id"]]


def test_excluding_needs_a_reason_and_names_the_field(world: World, api_as: Client) -> None:
    world.verdicts()
    task = reported(api_as, world)
    address = f"/api/projects/{world.project.slug}/set-aside/{task['image']['id']}/exclude"
    admin = api_as(world.admin)
    refused = admin.post(address, {"reason": ""})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "reason")
    assert admin.post(address, {"reason": "the file is lost"}).status_code == 200
    again = admin.post(address, {"reason": "the file is lost"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_set_aside")


def test_the_ways_out_are_for_admins_alone(world: World, api_as: Client) -> None:
    world.verdicts()
    task = reported(api_as, world)
    neighbour = member(ProjectFactory(), "admin")
    address = f"/api/projects/{world.project.slug}/set-aside"
    calls: list[tuple[str, str, dict[str, str]]] = [
        ("get", address, {}),
        ("post", f"{address}/{task['image']['id']}/put-back", {}),
        ("post", f"{address}/{task['image']['id']}/exclude", {"reason": "no"}),
    ]
    for person, status in (
        (world.annotator, 403), (world.physician, 403), (world.researcher, 403), (neighbour, 404),
    ):  # fmt: skip
        for verb, path, body in calls:
            assert getattr(api_as(person), verb)(path, body).status_code == status, (person, path)
    assert ReviewTask.objects.get().state == TaskState.SET_ASIDE
    report = {"idempotency_key": new_key(), "lease_token": task["lease_token"], "active_seconds": 1}
    assert api_as(neighbour).post(f"/api/tasks/{task['id']}/report", report).status_code == 404


def test_the_round_says_to_admins_what_it_waits_for_and_to_reviewers_nothing(world: World, api_as: Client) -> None:
    world.verdicts()
    reported(api_as, world)
    address = f"/api/projects/{world.project.slug}/progress"
    told = api_as(world.admin).get(address).json()
    assert told["set_aside"] == 1
    assert told["current"]["waits_for"] == "waits for a film that was set aside: put back or exclude"
    hidden = api_as(world.annotator).get(address).json()
    assert (hidden["set_aside"], hidden["current"]["waits_for"]) == (None, "")
