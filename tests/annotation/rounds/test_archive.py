"""A project is put away and brought back; one that nobody worked in can be deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.images.models import Image
from annotation.masks.models import Mask
from annotation.projects.models import Project
from annotation.projects.services import guide_write
from annotation.reviews.models import Verdict
from annotation.reviews.services import tasks_next
from annotation.rounds.engine import advance
from tests.annotation.reviews.world import verdict
from tests.annotation.rounds.world import World

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def world() -> World:
    return World()


def call(api_as: Client, world: World, what: str, person: str = "admin", **body: Any) -> Any:
    return api_as(world.people[person]).post(f"/api/projects/{world.project.slug}/{what}", body)


def slugs(client: Any, query: str = "") -> list[str]:
    return [one["slug"] for one in client.get(f"/api/projects{query}").json()["results"]]


def test_an_archived_project_is_in_no_list_hands_out_nothing_and_stays_readable(world: World, api_as: Client) -> None:
    world.start()
    annotator = api_as(world.people["annotator"])
    assert call(api_as, world, "archive").status_code == 200
    address = f"/api/projects/{world.project.slug}"
    assert slugs(annotator) == []
    assert slugs(annotator, "?archived=true") == [world.project.slug]
    refused = annotator.post(f"{address}/queue/next", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "archived")
    assert set(annotator.get(f"{address}/queue").json()["waiting"].values()) == {0}
    for page in ("", "/progress", "/films", "/protocol"):
        assert api_as(world.people["researcher"]).get(f"{address}{page}").status_code == 200, page
    for what in ("pause", "start", "archive"):
        assert call(api_as, world, what).status_code == 409, what
    assert advance(world.project.pk) == 0


def test_a_project_that_is_brought_back_goes_on_where_it_was(world: World, api_as: Client) -> None:
    world.start()
    (task,) = tasks_next(user=world.people["annotator"], project=world.project)
    call(api_as, world, "archive")
    assert verdict(world.people["annotator"], task, "accept").counts, "what was under way is not lost"
    back = call(api_as, world, "restore")
    assert (back.status_code, back.json()["state"], back.json()["archived_at"]) == (200, "running", None)
    assert world.accept_all() == 2
    actions = AuditEvent.objects.filter(action__in=["project.archive", "project.restore"])
    assert actions.filter(actor=world.people["admin"]).count() == 2


def test_a_project_that_nobody_worked_in_is_deleted_by_its_typed_name(world: World, api_as: Client) -> None:
    world.start()
    films = Image.objects.count()
    wrong = call(api_as, world, "delete", slug="another")
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "slug")
    gone = call(api_as, world, "delete", slug=world.project.slug)
    assert gone.status_code == 204, gone.content
    assert not Project.objects.filter(pk=world.project.pk).exists()
    assert Image.objects.count() == films, "films stay known to the installation"
    assert AuditEvent.objects.filter(action="project.delete").count() == 1


def test_a_project_that_holds_anybodys_work_is_not_deleted(world: World, api_as: Client) -> None:
    world.start()
    world.accept_all()
    answer = call(api_as, world, "delete", slug=world.project.slug)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "holds_work")
    assert "3 verdicts" in answer.json()["error"]["message"]
    assert Verdict.objects.count() == 3


def test_a_project_with_a_drawing_guide_is_not_deleted(world: World, api_as: Client) -> None:
    guide_write(world.project, text="Leave the heart out.", author=world.people["admin"])
    answer = call(api_as, world, "delete", slug=world.project.slug)
    assert "1 versions of the drawing guide" in answer.json()["error"]["message"]


@pytest.mark.parametrize("what", ["archive", "restore", "delete"])
def test_only_admins_put_projects_away(world: World, api_as: Client, what: str) -> None:
    body = {"slug": world.project.slug} if what == "delete" else {}
    for person, status in (("annotator", 403), ("physician", 403), ("researcher", 403), ("nobody", 404)):
        assert call(api_as, world, what, person, **body).status_code == status, person
    project = Project.objects.get(pk=world.project.pk)
    assert project.archived_at is None


def test_the_masks_of_a_deleted_project_leave_storage(
    world: World, api_as: Client, django_capture_on_commit_callbacks: Any
) -> None:
    key = Mask.objects.filter(project=world.project).values_list("storage_key", flat=True)[0]
    assert blobs().exists(key)
    with django_capture_on_commit_callbacks(execute=True):
        call(api_as, world, "delete", slug=world.project.slug)
    assert not blobs().exists(key)
