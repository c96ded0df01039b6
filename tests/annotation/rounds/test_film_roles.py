"""A film with the wrong role is put right before the project starts, and afterwards the answer says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.common.models import AuditEvent
from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.images.services import films_screen
from annotation.masks.models import Mask
from annotation.rounds.services import project_start
from tests.annotation.rounds.world import World

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def world() -> World:
    return World()


def change(api_as: Client, world: World, role: str, person: str = "admin", **which: Any) -> Any:
    return api_as(world.people[person]).post(f"/api/projects/{world.project.slug}/films/role", {"role": role, **which})


def of(world: World, role: str) -> list[ProjectImage]:
    return list(ProjectImage.objects.filter(project=world.project, role=role).order_by("pk"))


def test_seeds_become_pool_films_and_seeds_again_with_the_masks_that_they_came_with(
    world: World, api_as: Client
) -> None:
    films = of(world, ImageRole.SEED)[:3]
    masks = Mask.objects.count()
    ids = [str(film.image_id) for film in films]
    answer = change(api_as, world, "pool", images=ids)
    assert answer.json() == {"changed": 3, "unchanged": 0, "refused": []}
    assert {(film.role, film.state) for film in ProjectImage.objects.filter(image__in=ids)} == {("pool", "waiting")}
    back = change(api_as, world, "seed", images=ids)
    assert back.json()["changed"] == 3
    assert change(api_as, world, "seed", images=ids).json() == {"changed": 0, "unchanged": 3, "refused": []}
    assert {(film.role, film.state) for film in ProjectImage.objects.filter(image__in=ids)} == {("seed", "settled")}
    assert Mask.objects.count() == masks
    assert AuditEvent.objects.filter(action="films.change_role").count() == 2


def test_all_films_that_filters_let_through_change_at_once(world: World, api_as: Client) -> None:
    assert change(api_as, world, "pool", filters={"role": "seed"}).json()["changed"] == 10
    assert of(world, ImageRole.SEED) == []


def test_each_film_that_cannot_change_says_why_and_the_others_change(world: World, api_as: Client) -> None:
    bare, screened = of(world, ImageRole.POOL)[:2]
    seed = of(world, ImageRole.SEED)[0]
    films_screen(
        world.project, images=[screened.image_id], outcome="out", reason="blurred", actor=world.people["admin"]
    )
    strange = "00000000-0000-4000-8000-000000000000"
    ids = [str(bare.image_id), str(screened.image_id), strange, str(seed.image_id)]
    told = change(api_as, world, "seed", images=ids).json()
    assert (told["changed"], told["unchanged"]) == (0, 1)
    assert [(one["image"], one["reason"].split(":")[0]) for one in told["refused"]] == [
        (ids[0], "it came without a mask"),
        (ids[1], "it was taken out by screening"),
        (strange, "this project has no such film"),
    ]
    assert ProjectImage.objects.get(pk=screened.pk).state == ImageState.EXCLUDED


def test_after_the_start_roles_are_fixed(world: World, api_as: Client) -> None:
    seed = of(world, ImageRole.SEED)[0]
    project_start(project=world.project, actor=world.people["admin"])
    answer = change(api_as, world, "pool", images=[str(seed.image_id)])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "roles_fixed")
    assert ProjectImage.objects.get(pk=seed.pk).role == ImageRole.SEED


@pytest.mark.parametrize("which", [{}, {"images": [], "filters": {}}])
def test_films_are_named_in_one_way(world: World, api_as: Client, which: dict[str, Any]) -> None:
    answer = change(api_as, world, "pool", **which)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "images")


def test_only_admins_change_roles(world: World, api_as: Client) -> None:
    for person, status in (("annotator", 403), ("physician", 403), ("researcher", 403), ("nobody", 404)):
        assert change(api_as, world, "pool", person, filters={}).status_code == status, person
    assert len(of(world, ImageRole.SEED)) == 10
