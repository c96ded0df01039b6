"""A round whose films cannot be loaded waits, says so, and goes on when an admin has decided."""

from __future__ import annotations

import pytest

from annotation.common.errors import InvalidTransition
from annotation.images.models import ImageState, ProjectImage
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import (
    film_exclude,
    film_put_back,
    report_submit,
    selection_submit,
    tasks_next,
    verification_submit,
)
from annotation.rounds.models import Round, RoundState, StepState
from annotation.rounds.services import round_close_now
from tests.annotation.reviews.world import submission
from tests.annotation.rounds.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def report_one(world: World, kind: str = TaskKind.VERDICT, role: str = "annotator") -> ReviewTask:
    person = world.people[role]
    (task,) = tasks_next(user=person, project=world.project, kinds=[kind])
    report_submit(submission=submission(person, task))
    return task


def test_a_batch_waits_for_a_film_set_aside_and_is_not_closed_over_it(world: World) -> None:
    first = world.start()
    task = report_one(world)
    assert world.accept_all() == 2
    assert world.walk() == first
    first.refresh_from_db()
    assert first.state == RoundState.OPEN
    with pytest.raises(InvalidTransition, match="set aside"):
        round_close_now(round_=first, actor=world.people["admin"])
    film_put_back(project=world.project, image_id=task.project_image.image_id, actor=world.people["admin"])
    assert world.accept_all() == 1
    world.walk()
    first.refresh_from_db()
    assert first.state == RoundState.CLOSED


def test_an_excluded_film_is_replaced_in_its_batch(world: World) -> None:
    first = world.start()
    task = report_one(world)
    world.accept_all()
    film_exclude(
        project=world.project, image_id=task.project_image.image_id, reason="lost", actor=world.people["admin"]
    )
    assert world.walk() == first
    assert first.films.count() == 4
    assert world.accept_all() == 1
    world.walk()
    first.refresh_from_db()
    assert first.state == RoundState.CLOSED
    assert ProjectImage.objects.filter(project=world.project, state=ImageState.EXCLUDED).count() == 1


def test_the_verified_share_leaves_out_a_film_that_nobody_could_load(world: World) -> None:
    world.start()
    world.accept_all()
    choice = world.walk()
    while tasks := tasks_next(user=world.people["annotator"], project=world.project):
        sent = submission(world.people["annotator"], tasks[0])
        selection_submit(submission=sent, decision="pick", position=0)
    verification = world.walk()
    assert verification.kind == "verification", choice
    drawn = verification.films.count()
    task = report_one(world, TaskKind.VERIFICATION, "physician")
    film_exclude(
        project=world.project, image_id=task.project_image.image_id, reason="lost", actor=world.people["admin"]
    )
    while tasks := tasks_next(user=world.people["physician"], project=world.project):
        verification_submit(submission=submission(world.people["physician"], tasks[0]), decision="confirm")
    world.walk()
    estimate = Round.objects.get(pk=verification.pk).steps.get(kind="estimate")
    assert estimate.state == StepState.DONE
    assert estimate.outcome["verified"] == drawn - 1
