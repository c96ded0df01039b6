"""What a project cost and how its proposals fared, against films counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.images.models import ImageState, ProjectImage
from annotation.masks.services import mask_read
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import act_withdraw, adjudication_submit, correction_submit, verification_submit
from annotation.rounds.models import RepositoryEntry
from annotation.rounds.selectors import effort_saved, main_networks, proposals_by_batch, settled_outcomes
from annotation.rounds.selectors.effort import effort_by_batch
from annotation.rounds.selectors.outcomes import Outcome, dsc_summary
from annotation.rounds.selectors.saving import DRAW_SECONDS, DrawingTime, drawing_time
from annotation.simulation.costs import Costs
from mlbackend.metrics import dice
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict
from tests.annotation.rounds.qata_world import World as Drawn
from tests.annotation.rounds.qata_world import pick
from tests.annotation.rounds.world import World as Walked
from tests.factories import seed_film

Client = Callable[[Any], Any]


@pytest.fixture
def world(db: None) -> World:
    """A running project whose batch has number 1."""
    return World()


def correct(world: World, task: ReviewTask, rows: int, **options: Any) -> None:
    verdict(world.annotator, task, "reject")
    follow = ReviewTask.objects.get(kind=TaskKind.CORRECTION, parent=task)
    correction_submit(submission=submission(world.annotator, follow, seconds=30.0), png=drawing(rows), **options)


def proposals(world: World) -> Any:
    (batch,) = proposals_by_batch(world.project, settled_outcomes(world.project))
    return batch


def scored_anew(task: ReviewTask) -> float:
    """DSC of the film's truth with the proposal, from the pixels."""
    entry = RepositoryEntry.objects.get(project_image=task.project_image_id, superseded_at__isnull=True)
    assert task.proposal is not None
    return float(dice(mask_read(entry.mask), mask_read(task.proposal)))


def test_four_films_of_a_batch_are_scored_as_their_pixels_say(world: World) -> None:
    tasks = world.verdicts(count=4)
    verdict(world.annotator, tasks[0], "accept")
    verdict(world.annotator, tasks[1], "accept")
    correct(world, tasks[2], 12)
    correct(world, tasks[3], 30)
    found = proposals(world)
    known = [scored_anew(tasks[2]), scored_anew(tasks[3])]
    assert (found["batch"], found["kind"], found["unchanged"]) == ("II.1", "evaluation", 2)
    assert (found["changed"]["films"], found["changed"]["compared"]) == (2, 2)
    assert found["changed"]["median"] == pytest.approx(sum(known) / 2)
    assert found["changed"]["lowest"] == pytest.approx(min(known))
    assert found["all"]["median"] == pytest.approx((1 + max(known)) / 2)
    assert (found["all"]["films"], found["all"]["q3"]) == (4, 1.0)


def test_a_correction_from_another_start_and_a_drawing_are_scored_with_the_proposal(world: World) -> None:
    elsewhere, doubtful = world.verdicts(count=2)
    other = world.proposal(elsewhere.project_image, shift=9)
    correct(world, elsewhere, 12, start_mask_id=other.pk)
    verdict(world.annotator, doubtful, "unsure")
    asked = ReviewTask.objects.get(kind=TaskKind.ADJUDICATION)
    adjudication_submit(submission=submission(world.physician, asked), decision="draw", png=drawing(18))
    found = proposals(world)["changed"]
    known = sorted([scored_anew(elsewhere), scored_anew(doubtful)])
    assert (found["films"], found["compared"]) == (2, 2)
    assert found["lowest"] == pytest.approx(known[0])
    assert found["median"] == pytest.approx(sum(known) / 2)


def test_what_an_md_accepts_is_unchanged_and_what_is_excluded_or_taken_back_counts_for_nothing(world: World) -> None:
    accepted, excluded, undone, again = world.verdicts(count=4)
    verdict(world.annotator, accepted, "unsure")
    asked = ReviewTask.objects.get(kind=TaskKind.ADJUDICATION)
    adjudication_submit(submission=submission(world.physician, asked), decision="accept")
    verdict(world.annotator, excluded, "exclude", "cut off")
    for task in (undone, again):
        verdict(world.annotator, task, "accept")
        act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    verdict(world.annotator, again, "accept")
    found = proposals(world)
    assert (found["unchanged"], found["changed"]["films"], found["all"]["films"]) == (2, 0, 2)
    assert found["changed"]["median"] is None


def test_verification_is_scored_in_its_own_batch(world: World) -> None:
    confirmed, corrected = world.verifications(count=2)
    ProjectImage.objects.filter(project=world.project).update(state=ImageState.SETTLED)
    verification_submit(submission=submission(world.physician, confirmed), decision="confirm")
    verification_submit(submission=submission(world.physician, corrected), decision="correct", png=drawing(14))
    found = proposals(world)
    assert (found["kind"], found["unchanged"], found["changed"]["films"]) == ("verification", 1, 1)
    assert found["changed"]["median"] == pytest.approx(scored_anew(corrected))


def test_quartiles_of_a_hand_made_batch() -> None:
    found = dsc_summary([0.9, 0.8, None, 1.0, 0.7, 0.6])
    assert (found["films"], found["compared"], found["lowest"]) == (6, 5, 0.6)
    assert (found["q1"], found["median"], found["q3"]) == pytest.approx((0.7, 0.8, 0.9))


def test_effort_saved_by_hand_with_half_and_double_the_assumption() -> None:
    effort = [
        {"batch": "II.1", "number": 2, "active_seconds": 60.0, "probe_seconds": 5.0, "repeat_seconds": 3.0},
        {"batch": "IV", "number": 3, "active_seconds": 34.0, "probe_seconds": 0.0, "repeat_seconds": 0.0},
    ]
    outcomes = [Outcome(2, "accepted", "", False, 1.0)] * 3 + [Outcome(3, "accepted", "confirmed", False, 1.0)]
    found = effort_saved(effort, outcomes, DrawingTime(68.0))
    # 3 films of 68 s are 204 s; 102 s were spent.
    assert (found["films"], found["by_hand_seconds"], found["spent_seconds"]) == (3, 204.0, 102.0)
    assert (found["saved_share"], found["half"]["saved_share"], found["double"]["saved_share"]) == (0.5, 0.0, 0.75)
    assert found["break_even_seconds"] == 34.0
    assert [(one["films"], one["saved_share"]) for one in found["batches"]] == [(3, pytest.approx(2 / 3)), (0, None)]
    assert effort_saved([], [], DrawingTime())["saved_share"] is None


@pytest.mark.django_db
def test_where_people_draw_ten_films_from_nothing_their_own_seconds_stand_for_a_drawing(api_as: Client) -> None:
    world = Drawn(Ia={"total": 10})
    world.start()
    assert drawing_time(world.project) == DrawingTime()
    world.work(pick("drawing"))
    found = drawing_time(world.project)
    # Each of that world's acts takes two seconds.
    assert (found.seconds, found.measured) == (2.0, 10)
    client, url = api_as(world.admin), f"/api/projects/{world.project.slug}/figures"
    saving = client.get(url).json()["saving"]
    assert (saving["draw_seconds"], saving["default_draw_seconds"], saving["measured_drawings"]) == (2.0, 2.0, 10)
    assert saving["source"] == "the mean of this project's 10 drawings from nothing"
    asked = client.get(url, {"draw_seconds": 68}).json()["saving"]
    assert (asked["draw_seconds"], asked["default_draw_seconds"]) == (68.0, 2.0)


@pytest.mark.django_db
def test_a_film_that_was_drawn_and_then_chosen_on_is_one_mask_and_one_drawing_by_hand() -> None:
    world = Drawn(Ia={"total": 10})
    world.start()
    world.work(pick("drawing"))
    world.work(pick("drawing"))
    outcomes = settled_outcomes(world.project)
    assert len(outcomes) == 20, "each film is settled by its drawing and by the choice"
    found = effort_saved(effort_by_batch(world.project), outcomes, DrawingTime(68.0))
    assert ProjectImage.objects.filter(project=world.project, state=ImageState.SETTLED).count() == 10
    assert (found["films"], found["by_hand_seconds"]) == (10, 680.0)
    assert [(batch["batch"], batch["films"]) for batch in found["batches"]][:2] == [("Ia", 0), ("Ib", 10)]


@pytest.mark.django_db
def test_nine_drawings_are_too_few_to_give_up_the_assumption() -> None:
    world = Drawn(Ia={"total": 9})
    world.start()
    world.work(pick("drawing"))
    assert drawing_time(world.project) == DrawingTime(DRAW_SECONDS)


def test_the_simulation_assumes_the_same_seconds_for_a_drawing() -> None:
    assert Costs().draw == DRAW_SECONDS


def test_the_page_takes_another_assumption_and_refuses_nonsense(world: World, api_as: Client) -> None:
    seed_film(world.project)
    for task in world.verdicts(count=2):
        verdict(world.annotator, task, "accept")
    client, url = api_as(world.researcher), f"/api/projects/{world.project.slug}/figures"
    found = client.get(url).json()["saving"]
    assert (found["draw_seconds"], found["films"], found["spent_seconds"]) == (68.0, 2, 4.0)
    assert "SA-1B" in found["source"]
    assert client.get(url, {"draw_seconds": 4}).json()["saving"]["saved_share"] == 0.5
    for nonsense in ("0", "nan", "inf", "long"):
        assert client.get(url, {"draw_seconds": nonsense}).status_code == 400, nonsense
    assert client.get(url, {"seconds": 4}).status_code == 400


def test_queries_do_not_grow_with_the_films(world: World, api_as: Client) -> None:
    client, url = api_as(world.researcher), f"/api/projects/{world.project.slug}/figures"

    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get(url).status_code == 200
        return len(context)

    def more(count: int) -> None:
        for task in world.verdicts(count=count):
            verdict(world.annotator, task, "accept")
        for task in world.verdicts(count=count):
            correct(world, task, 12)

    more(1)
    before = asked()
    more(4)
    assert asked() == before


def test_main_networks_and_curves_come_from_the_trainings(db: None, api_as: Client) -> None:
    walked = Walked()
    walked.start()
    (first,) = main_networks(walked.project)
    curves = api_as(walked.people["researcher"]).get(f"/api/projects/{walked.project.slug}/curves").json()
    assert {one["name"] for one in curves} == {"unet-resnet18", "unet-resnet50", "unet-densenet121"}
    best = max(curves, key=lambda one: one["curve"][0]["validation_dsc"])
    assert (first["round"], first["network"]) == ("I", best["name"])
    assert first["validation_dsc"] == best["curve"][0]["validation_dsc"]
    assert best["curve"] == [{"epoch": 1, "train_loss": 0.5, "validation_dsc": first["validation_dsc"]}]
