"""What the next batch will be: as the engine then really chooses, and nothing changes by asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.projects.models import Project, ProjectState
from annotation.reviews.models import ReviewBatch
from annotation.rounds.models import Round, RoundFilm, RoundStep
from annotation.rounds.selectors import next_batch
from tests.annotation.rounds.world import World
from tests.factories import ProjectImageFactory

Client = Callable[[Any], Any]


@pytest.fixture
def world(db: None) -> World:
    """A project that has not started; batches of three, two of them."""
    world = World()
    world.project.protocol["stages"][1]["total"] = 6
    world.project.save()
    films = ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL).select_related("image")
    for i, film in enumerate(films):
        film.image.label = ("TB", "normal")[i % 2]
        film.image.quality_tier = ("low", "high", "high")[i % 3]
        film.image.save()
    return world


def ahead(world: World) -> Any:
    world.project.refresh_from_db()
    found = next_batch(world.project)["next"]
    assert found is not None
    return found


def came(round_: Round) -> tuple[int, list[str], Counter[str]]:
    films = RoundFilm.objects.filter(round=round_).select_related("project_image__image").order_by("order")
    return len(films), [film.reason for film in films], Counter(film.project_image.image.label for film in films)


def parts(found: Any, name: str) -> dict[str, tuple[int, int]]:
    return {part["value"]: (part["films"], part["available"]) for part in found["composition"][name]}


def test_before_the_start_the_first_batch_is_foreseen_as_it_will_be_chosen(world: World) -> None:
    found = ahead(world)
    assert next_batch(world.project)["current"] is None
    assert (found["name"], found["kind"], found["films"], found["available"]) == ("II.1", "evaluation", 3, 8)
    assert found["network_rule"] == "best_of_initial"
    assert found["networks"] == ["unet-resnet18", "unet-resnet50", "unet-densenet121"]
    round_ = world.start()
    count, reasons, labels = came(round_)
    assert (found["films"], found["reasons"]) == (count, reasons)
    assert {label: n for label, (n, _) in parts(found, "label").items() if n} == dict(labels)
    assert parts(found, "quality")["low"][1] == 3
    assert found["seed"] == round_.explanation["seed"]
    assert found["method"] == round_.explanation["method"]
    assert {one["stratum"]: one["films"] for one in found["strata"] if one["films"]} == round_.explanation["strata"]


def test_while_a_batch_is_read_it_is_told_and_the_next_one_is_foreseen(world: World) -> None:
    round_ = world.start()
    told = next_batch(world.project)["current"]
    assert told is not None
    assert (told["name"], told["films"], told["available"]) == ("II.1", 3, 8)
    assert told["reasons"] == came(round_)[1]
    assert told["network_rule"] == "drew"
    found = ahead(world)
    assert (found["name"], found["network_rule"], found["networks"]) == (
        "II.2",
        "main_after_training",
        told["networks"],
    )
    world.accept_all()
    second = world.walk()
    assert second.name == "II.2"
    assert found["reasons"] == came(second)[1]


def test_the_blind_choice_is_foreseen_with_its_networks(world: World) -> None:
    world.start()
    world.accept_all()
    world.walk()
    found = ahead(world)
    assert (found["name"], found["kind"], found["films"]) == ("III", "selection", 2)
    assert (found["network_rule"], len(found["networks"])) == ("candidates", 6)
    world.accept_all()
    world.walk()
    told = next_batch(world.project)["current"]
    assert told is not None
    assert (told["name"], told["films"], told["reasons"], len(told["networks"])) == ("III", 2, [], 6)
    found = ahead(world)
    assert (found["name"], found["kind"], found["network_rule"]) == ("IV", "verification", "none")
    assert found["available"] == 6, "what is settled by now"
    assert 1 <= found["films"] <= 6


def test_asking_changes_nothing(world: World) -> None:
    def state() -> Any:
        return (
            list(ProjectImage.objects.order_by("pk").values_list("pk", "state", "split")),
            list(RoundFilm.objects.order_by("pk").values_list("pk", flat=True)),
            list(RoundStep.objects.order_by("pk").values_list("pk", "state", "outcome")),
            ReviewBatch.objects.count(),
        )

    for _ in range(2):
        before = state()
        next_batch(world.project)
        assert state() == before
        world.start() if not Round.objects.exists() else None


def test_a_finished_project_and_an_empty_pool_foresee_nothing(world: World) -> None:
    ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL).update(
        state=ImageState.EXCLUDED, exclusion_reason="cut off"
    )
    assert next_batch(world.project)["next"] is None
    Project.objects.filter(pk=world.project.pk).update(state=ProjectState.FINISHED)
    world.project.refresh_from_db()
    assert next_batch(world.project) == {"current": None, "next": None}


def test_no_film_is_named_and_queries_do_not_grow(world: World, api_as: Client) -> None:
    world.start()
    client, url = api_as(world.people["researcher"]), f"/api/projects/{world.project.slug}/next-batch"

    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            answer = client.get(url)
        assert answer.status_code == 200
        text = answer.content.decode()
        films = ProjectImage.objects.filter(project=world.project).values_list("pk", "image_id", "image__sha256")
        assert not any(str(value) in text for film in films for value in film)
        return len(context)

    before = asked()
    for _ in range(5):
        ProjectImageFactory(project=world.project)
    assert asked() == before
