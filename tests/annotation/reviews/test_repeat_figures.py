"""What repeated choices say of their readers, against pairs counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.projects.models import Role
from annotation.reviews.models import BatchState, ReviewTask
from annotation.reviews.selectors import choice_repeats, position_bias
from annotation.reviews.services import act_withdraw, selection_submit
from annotation.reviews.statistics import Repeated, repeated_choices
from annotation.rounds.selectors import effort_by_batch
from tests.annotation.reviews.test_repeats import pick
from tests.annotation.reviews.world import World, new_key, submission
from tests.factories import MembershipFactory

Client = Callable[[Any], Any]


def test_chance_is_that_of_two_blind_choices_by_a_person_who_denies_as_often() -> None:
    pairs = [
        Repeated(0, 0, 6, same_place=True, place_chance=1 / 6),
        Repeated(0, 3, 6, same_place=False, place_chance=1 / 6),
        Repeated(2, 2, 3, same_place=False, place_chance=1 / 3),
        Repeated(None, None, 6),
        Repeated(None, 1, 6),
    ]
    found = repeated_choices(pairs)
    # First choices deny 2 of 5, second ones 1 of 5; four films have six panes and one has three.
    even = (4 / 6 + 1 / 3) / 5
    assert found["alike"]["chance"] == pytest.approx(2 / 5 * 1 / 5 + 3 / 5 * 4 / 5 * even)
    assert (found["alike"]["count"], found["alike"]["of"], found["alike"]["share"]) == (3, 5, 0.6)
    assert found["picked"]["chance"] == pytest.approx((1 / 6 + 1 / 6 + 1 / 3) / 3)
    assert (found["picked"]["count"], found["picked"]["of"]) == (2, 3)
    assert (found["place"]["count"], found["place"]["of"]) == (1, 3)
    assert found["place"]["chance"] == pytest.approx((1 / 6 + 1 / 6 + 1 / 3) / 3)
    # Wilson's interval of 3 out of 5, from its formula.
    z2 = 1.959963984540054**2
    middle, half = (0.6 + z2 / 10) / (1 + z2 / 5), (z2 * (0.24 / 5 + z2 / 100)) ** 0.5 / (1 + z2 / 5)
    assert (found["alike"]["low"], found["alike"]["high"]) == pytest.approx((middle - half, middle + half), abs=1e-4)


def test_without_repeats_no_figure_has_a_value() -> None:
    empty = {"count": 0, "of": 0, "share": None, "low": None, "high": None, "chance": None}
    assert repeated_choices([]) == {"alike": empty, "picked": empty, "place": empty}


def again_of(task: ReviewTask) -> ReviewTask:
    return ReviewTask.objects.get(repeat_of=task)


def chosen_twice(world: World) -> list[ReviewTask]:
    """Four films that come back: the same network, another one, none both times; the last waits."""
    made = world.selections(count=4, repeats=(1, 1, 1, 1))
    tasks = [task for task in made if task.repeat_of_id is None]
    ann = world.annotator
    pick(ann, tasks[0], seconds=6.0)
    pick(ann, tasks[1], seconds=8.0)
    selection_submit(submission=submission(ann, tasks[2], seconds=10.0), decision="deny")
    pick(ann, again_of(tasks[0]), seconds=3.0)
    pick(ann, again_of(tasks[1]), "secret5", seconds=5.0)
    selection_submit(submission=submission(ann, again_of(tasks[2]), seconds=4.0), decision="deny")
    pick(ann, tasks[3])
    return tasks


def test_repeats_are_compared_with_the_first_choices_and_their_time_stands_apart(world: World) -> None:
    tasks = chosen_twice(world)
    found = choice_repeats(world.project, closed_only=False)
    assert (found["offered"], found["done"], found["waiting"], found["dropped"]) == (4, 3, 1, 0)
    assert (found["all"]["alike"]["count"], found["all"]["alike"]["of"]) == (2, 3)
    assert (found["all"]["picked"]["count"], found["all"]["picked"]["of"]) == (1, 2)
    assert found["all"]["picked"]["chance"] == pytest.approx(1 / 6)
    assert found["all"]["place"]["chance"] == pytest.approx(1 / 6)
    places = [(t.selections.get().position, again_of(t).selections.get().position) for t in tasks[:2]]
    assert found["all"]["place"]["count"] == sum(one == other for one, other in places)
    assert (found["all"]["first_seconds"], found["all"]["seconds"], found["cost_seconds"]) == (8.0, 4.0, 12.0)
    assert [row["reviewer"] for row in found["reviewers"]] == [world.annotator.pseudonym]
    (batch,) = effort_by_batch(world.project)
    assert (batch["repeat_seconds"], batch["active_seconds"], batch["films"]) == (12.0, 26.0, 4)
    assert (batch["denied"]["count"], batch["denied"]["of"]) == (1, 4), "a repeat denies nothing"
    assert position_bias(world.project)["picks"] == 3


def test_a_first_choice_that_was_made_anew_after_its_repeat_is_not_compared(world: World) -> None:
    tasks = chosen_twice(world)
    act_withdraw(actor=world.annotator, task_id=tasks[0].pk, idempotency_key=new_key())
    assert choice_repeats(world.project, closed_only=False)["done"] == 2
    pick(world.annotator, tasks[0], "secret4")
    found = choice_repeats(world.project, closed_only=False)
    assert (found["done"], found["not_compared"]) == (2, 1)


def test_ties_are_one_pane_and_a_pick_of_any_of_them_is_the_same_pick(world: World) -> None:
    first, again, other = world.selections(count=2, shifts=(0, 0, 4, 6, 8, 10), repeats=(1,))
    pick(world.annotator, first, "secret0")
    pick(world.annotator, other, "secret0")
    pick(world.annotator, again, "secret1")
    picked = choice_repeats(world.project, closed_only=False)["all"]["picked"]
    assert (picked["count"], picked["of"], picked["chance"]) == (1, 1, pytest.approx(1 / 5))


def test_who_chooses_too_learns_of_repeats_when_their_batch_is_closed(world: World, api_as: Client) -> None:
    chosen_twice(world)
    MembershipFactory(project=world.project, user=world.annotator, role=Role.RESEARCHER)
    url = f"/api/projects/{world.project.slug}/agreement"
    assert api_as(world.researcher).get(url).json()["repeats"]["done"] == 3
    mine = api_as(world.annotator).get(url).json()["repeats"]
    assert (mine["closed_batches_only"], mine["offered"], mine["reviewers"]) == (True, 0, [])
    world.batch.state = BatchState.CLOSED
    world.batch.save()
    assert api_as(world.annotator).get(url).json()["repeats"]["done"] == 3
