"""Films that all readers rejected and two people correct, each for himself; and which of the two drawings counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.errors import Conflict
from annotation.images.models import ImageState
from annotation.masks.codec import decode_png
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import Edit, ReviewTask, Selection, TaskKind, TaskState, VerdictDecision
from annotation.reviews.selectors import correction_agreement, position_bias
from annotation.reviews.services import (
    Receipt,
    act_withdraw,
    adjudication_submit,
    correction_submit,
    corrections_release,
    proposal_tasks_create,
    selection_submit,
)
from annotation.rounds.models import RepositoryEntry
from annotation.rounds.selectors import effort_by_batch
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.test_blind_payloads import walk
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict
from tests.factories import ModelVersionFactory, member

Client = Callable[[Any], Any]
LIMIT = 0.9
LIKE, UNLIKE = (10, 11), (10, 24)
"""Upper rows that two people leave out: DSC above and below the limit."""


def rejected(world: World, limit: float = LIMIT, films: int = 1) -> list[ReviewTask]:
    """Films that both annotators have rejected; their correction tasks, the first reader's first for each film."""
    model = ModelVersionFactory(project=world.project)
    made = world.films(films)
    tasks = proposal_tasks_create(
        batch=world.batch, proposals=[(film, world.proposal(film, model=model)) for film in made],
        kind=TaskKind.VERDICT, role=Role.ANNOTATOR, replicas=[2] * films, corrections=[2] * films, agree_dsc=limit,
    )  # fmt: skip
    for task in tasks:
        verdict(world.annotators[task.replica], task, VerdictDecision.REJECT)
    return list(ReviewTask.objects.filter(kind=TaskKind.CORRECTION).order_by("order", "replica"))


def correct(user: User, task: ReviewTask, rows: int) -> Receipt:
    return correction_submit(submission=submission(user, task), png=drawing(rows))


def truth(task: ReviewTask) -> RepositoryEntry | None:
    return RepositoryEntry.objects.filter(project_image=task.project_image, superseded_at=None).first()


def by_hand(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_the_correction_is_asked_of_two_people_of_whom_neither_is_given_both(world: World) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    assert (first.lease_holder, second.lease_holder) == (bob, None), "who rejected last draws at once"
    assert world.lease(bob, count=5) == [first]
    assert world.lease(ann, count=5) == [second]
    correct(bob, first, 10)
    assert world.lease(bob, count=5) == [], "not the other one as well"
    twice = correct(bob, second, 12)
    assert not twice.counts
    assert "second reading" in twice.message


def test_neither_sees_that_there_is_another_nor_what_he_drew(world: World, api_as: Client) -> None:
    first, _ = rejected(world)
    alone = world.verdicts()[0]
    verdict(world.annotators[1], alone, VerdictDecision.REJECT)
    correct(world.annotators[1], first, 10)
    drawn = Edit.objects.get().result
    assert drawn is not None
    client = api_as(world.annotator)
    (mine,) = fetch(client, world)
    texts = set(walk(mine))
    assert not {str(drawn.pk), drawn.sha256, "replica", "replicas", "corrections", "agree_dsc"} & texts
    assert mine["starts"] == []
    assert client.get(f"/api/masks/{drawn.pk}/pixels").status_code == 404
    (other,) = fetch(api_as(world.annotators[1]), world)
    assert {key: type(value) for key, value in mine.items()} == {key: type(value) for key, value in other.items()}


def test_two_that_agree_settle_the_film_by_the_one_that_was_sent_first_and_both_are_kept(world: World) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    correct(ann, second, LIKE[0])
    assert truth(first) is None, "the film waits for the other one"
    correct(bob, first, LIKE[1])
    entry = truth(first)
    assert entry is not None
    assert entry.mask.author == ann
    assert entry.provenance == "corrected"
    assert {edit.result.author for edit in Edit.objects.all() if edit.result} == {ann, bob}
    assert all(edit.counts and list(edit.result.parents.all()) == [first.proposal]
               for edit in Edit.objects.all() if edit.result)  # fmt: skip


def test_two_that_differ_too_much_go_to_an_md_who_picks_one_without_a_name(world: World, api_as: Client) -> None:
    first, second = rejected(world)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    assert truth(first) is None
    client = api_as(world.physician)
    (task,) = fetch(client, world)
    assert (task["kind"], len(task["candidates"])) == ("selection", 2)
    texts = " ".join(walk(task))
    assert not [person for person in world.annotators if person.username in texts or person.pseudonym in texts]
    shown = [decode_png(client.get(one["url"]).content) for one in task["candidates"]]
    choice = ReviewTask.objects.get(pk=task["id"])
    for pixels, candidate in zip(shown, choice.candidates.order_by("position"), strict=True):
        assert np.array_equal(pixels, mask_read(candidate.mask))
    selection_submit(submission=submission(world.physician, choice), decision="pick", position=1)
    entry = truth(first)
    assert entry is not None
    assert entry.mask == choice.candidates.get(position=1).mask
    assert entry.provenance == "corrected"


def test_an_md_who_finds_neither_good_decides_on_the_film_as_on_an_unsure_one(world: World) -> None:
    first, second = rejected(world)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    choice = ReviewTask.objects.get(kind=TaskKind.SELECTION)
    selection_submit(submission=submission(world.physician, choice), decision="deny")
    first.project_image.refresh_from_db()
    assert first.project_image.state == ImageState.CHOSEN, "not denied: stage III is far"
    case = ReviewTask.objects.get(kind=TaskKind.ADJUDICATION)
    assert case.proposal == first.proposal
    adjudication_submit(submission=submission(world.physician, case), decision="draw", png=drawing(14))
    entry = truth(first)
    assert entry is not None
    assert entry.provenance == "drawn"


def test_a_limit_of_nought_asks_no_md(world: World) -> None:
    first, second = rejected(world, limit=0.0)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    entry = truth(first)
    assert entry is not None
    assert entry.mask.author == world.annotators[1]


def test_a_correction_that_is_taken_back_takes_the_mds_choice_along_while_nobody_has_begun_it(world: World) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    correct(bob, first, UNLIKE[0])
    correct(ann, second, UNLIKE[1])
    act_withdraw(actor=ann, task_id=second.pk, idempotency_key=new_key())
    assert ReviewTask.objects.get(kind=TaskKind.SELECTION).state == TaskState.CANCELLED
    correct(ann, second, LIKE[1])
    entry = truth(first)
    assert entry is not None
    assert entry.mask.author == bob, "bob's was sent first"
    act_withdraw(actor=bob, task_id=first.pk, idempotency_key=new_key())
    assert truth(first) is None
    correct(bob, first, LIKE[0])
    entry = truth(first)
    assert entry is not None
    assert entry.mask.author == ann, "what was sent anew is the later one"


def test_a_reject_cannot_be_taken_back_over_a_colleagues_drawing(world: World) -> None:
    first, second = rejected(world)
    correct(world.annotators[0], second, 10)
    last = ReviewTask.objects.get(kind=TaskKind.VERDICT, done_by=world.annotators[1])
    with pytest.raises(Conflict, match="correction that followed is done"):
        act_withdraw(actor=world.annotators[1], task_id=last.pk, idempotency_key=new_key())
    assert ReviewTask.objects.get(pk=first.pk).state == TaskState.OPEN


def test_where_no_second_reader_is_left_the_first_correction_counts(world: World) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    correct(bob, first, 10)
    assert corrections_release(world.batch) == 0, "ann is there"
    ann.is_active = False
    ann.save()
    third = member(world.project, Role.ANNOTATOR)
    assert corrections_release(world.batch) == 0, "somebody else is there"
    (held,) = world.lease(third)
    assert held == second
    third.is_active = False
    third.save()
    assert corrections_release(world.batch) == 0, "he may have it on his screen yet"
    ReviewTask.objects.filter(pk=second.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert corrections_release(world.batch) == 1
    entry = truth(first)
    assert entry is not None
    assert entry.mask.author == bob
    assert ReviewTask.objects.get(pk=second.pk).state == TaskState.CANCELLED
    assert corrections_release(world.batch) == 0


def test_figures_compare_the_two_by_pixels_and_by_pair_of_people(world: World) -> None:
    rows = [(10, 11), (10, 12), (10, 24), (12, 15)]
    tasks = rejected(world, films=4)
    for n, (one, other) in enumerate(rows):
        correct(world.annotators[1], tasks[2 * n], one)
        correct(world.annotators[0], tasks[2 * n + 1], other)
    by_film = [
        [mask_read(edit.result) for edit in Edit.objects.filter(task__project_image=task.project_image) if edit.result]
        for task in tasks[::2]
    ]
    values = sorted(by_hand(*masks) for masks in by_film)
    found = correction_agreement(world.project)["independent"]
    assert (found["pairs"], found["asked"], found["sent_to_md"]) == (4, 4, sum(value < LIMIT for value in values))
    assert found["sent_to_md"] == 1
    # Linear interpolation between the four: quartiles lie three quarters and one quarter between neighbours.
    assert found["median"] == pytest.approx((values[1] + values[2]) / 2)
    assert found["q1"] == pytest.approx(values[0] + 0.75 * (values[1] - values[0]))
    assert found["q3"] == pytest.approx(values[2] + 0.25 * (values[3] - values[2]))
    (people,) = found["people"]
    assert people["reviewers"] == sorted(person.pseudonym for person in world.annotators)
    assert (people["pairs"], people["lowest"]) == (4, pytest.approx(values[0]))


def test_an_mds_choice_between_drawings_is_no_choice_of_a_network(world: World) -> None:
    first, second = rejected(world)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    choice = ReviewTask.objects.get(kind=TaskKind.SELECTION)
    selection_submit(submission=submission(world.physician, choice), decision="pick", position=0)
    assert Selection.objects.count() == 1
    assert position_bias(world.project)["picks"] == 0
    assert effort_by_batch(world.project)[0]["denied"] is None


def test_a_correction_after_an_mds_advice_is_no_twin_of_the_ones_before(world: World) -> None:
    first, second = rejected(world)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    choice = ReviewTask.objects.get(kind=TaskKind.SELECTION)
    selection_submit(submission=submission(world.physician, choice), decision="deny")
    case = ReviewTask.objects.get(kind=TaskKind.ADJUDICATION)
    adjudication_submit(submission=submission(world.physician, case), decision="advise", comment="lower left")
    advised = ReviewTask.objects.get(kind=TaskKind.CORRECTION, parent=case)
    assert (advised.replicas, advised.corrections) == (1, 1)
    correct(world.annotators[0], advised, 16)
    entry = truth(first)
    assert entry is not None
    assert entry.provenance == "corrected"
    assert correction_agreement(world.project)["independent"]["pairs"] == 1
    assert Mask.objects.filter(kind="correction").count() == 3, "all are kept"


@pytest.mark.parametrize("change", [{"agree_dsc": None}, {"agree_dsc": 1.5}, {"corrections": 1}, {"corrections": 3}])
def test_the_database_takes_no_two_corrections_without_their_limit(world: World, change: dict[str, Any]) -> None:
    first, _ = rejected(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewTask.objects.filter(pk=first.pk).update(**change)


def test_two_who_both_exclude_take_the_film_out_for_the_first_ones_reason(world: World) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    correction_submit(submission=submission(bob, first), decision="exclude", comment="a child")
    first.project_image.refresh_from_db()
    assert first.project_image.state == ImageState.CHOSEN, "the film waits for the other one"
    correction_submit(submission=submission(ann, second), decision="exclude", comment="lungs cut off")
    first.project_image.refresh_from_db()
    assert (first.project_image.state, first.project_image.exclusion_reason) == (ImageState.EXCLUDED, "a child")


@pytest.mark.parametrize("said", [{"decision": "exclude", "comment": "a child"}, {"decision": "unsure"}])
def test_where_one_draws_and_the_other_cannot_an_md_decides_and_the_drawing_is_kept(
    world: World, said: dict[str, str]
) -> None:
    first, second = rejected(world)
    ann, bob = world.annotators
    correct(bob, first, 10)
    correction_submit(submission=submission(ann, second), **said)  # type: ignore[arg-type]
    assert truth(first) is None
    (asked,) = world.lease(world.physician)
    assert asked.kind == TaskKind.ADJUDICATION
    assert Edit.objects.exclude(result=None).get().result.author == bob  # type: ignore[union-attr]
    adjudication_submit(submission=submission(world.physician, asked), decision="accept")
    entry = truth(first)
    assert entry is not None
    assert entry.provenance == "adjudicated"
