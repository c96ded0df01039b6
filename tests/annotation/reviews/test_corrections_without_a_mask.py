"""A corrector who cannot draw is in no dead end: the film is excluded with a reason, or an MD looks."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.common.errors import Conflict, InvalidInput
from annotation.images.models import ImageState
from annotation.reviews.models import Edit, ReviewTask, TaskKind, TaskState
from annotation.reviews.selectors import task_payload
from annotation.reviews.services import act_withdraw, adjudication_submit, correction_submit
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict


def asked_to_correct(world: World) -> ReviewTask:
    """An MD's advice that another annotator than the first reader is to follow."""
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure", "is this a chest?")
    (asked,) = world.lease(world.physician)
    adjudication_submit(submission=submission(world.physician, asked), decision="advise", comment="draw both lungs")
    (follow,) = world.lease(world.annotators[1])
    assert follow.kind == TaskKind.CORRECTION
    return follow


def state(task: ReviewTask) -> tuple[str, str]:
    task.project_image.refresh_from_db()
    return task.project_image.state, task.project_image.exclusion_reason


def test_a_corrector_excludes_a_film_with_a_reason_and_takes_it_back(world: World) -> None:
    task = asked_to_correct(world)
    corrector = world.annotators[1]
    correction_submit(submission=submission(corrector, task), decision="exclude", comment="lungs cut off")
    assert state(task) == (ImageState.EXCLUDED, "lungs cut off")
    again = act_withdraw(actor=corrector, task_id=task.pk, idempotency_key=new_key())
    assert (again.state, again.lease_holder) == (TaskState.OPEN, corrector)
    assert state(task) == (ImageState.CHOSEN, "")
    correction_submit(submission=submission(corrector, task), png=drawing())
    assert state(task)[0] == ImageState.SETTLED


def test_an_exclusion_without_a_reason_changes_nothing(world: World) -> None:
    task = asked_to_correct(world)
    with pytest.raises(InvalidInput) as caught:
        correction_submit(submission=submission(world.annotators[1], task), decision="exclude", comment=" ")
    assert caught.value.field == "comment"
    assert not Edit.objects.exists()
    assert state(task)[0] == ImageState.CHOSEN


def test_an_act_that_is_sent_twice_counts_once(world: World) -> None:
    task = asked_to_correct(world)
    sent = submission(world.annotators[1], task)
    first = correction_submit(submission=sent, decision="exclude", comment="a child")
    second = correction_submit(submission=sent, decision="exclude", comment="a child")
    assert (second.repeated, second.act) == (True, first.act)
    with pytest.raises(Conflict, match="another act"):
        correction_submit(submission=sent, decision="unsure", comment="a child")


def test_what_a_corrector_doubts_reaches_an_md_who_has_not_decided_yet_with_the_words(world: World) -> None:
    task = asked_to_correct(world)
    corrector = world.annotators[1]
    correction_submit(submission=submission(corrector, task), decision="unsure", comment="I see no left lung")
    assert not world.lease(world.physician), "who advised is not asked again"
    (asked,) = world.lease(world.other_physician)
    assert (asked.kind, asked.parent_id, asked.proposal_id) == (TaskKind.ADJUDICATION, task.pk, task.proposal_id)
    said = [(word["decision"], word["comment"]) for word in task_payload(asked)["words"]]
    assert said == [
        ("unsure", "is this a chest?"), ("advise", "draw both lungs"), ("unsure", "I see no left lung"),
    ]  # fmt: skip
    act_withdraw(actor=corrector, task_id=task.pk, idempotency_key=new_key())
    asked.refresh_from_db()
    assert asked.state == TaskState.CANCELLED


def test_where_every_md_has_decided_the_corrector_is_told_what_is_left_to_do(world: World) -> None:
    world.other_physician.is_active = False
    world.other_physician.save()
    task = asked_to_correct(world)
    with pytest.raises(Conflict) as caught:
        correction_submit(submission=submission(world.annotators[1], task), decision="unsure")
    assert caught.value.code == "no_other_md"
    assert "exclude the film" in caught.value.remedy
    assert not Edit.objects.exists()


@pytest.mark.parametrize("decision", ["exclude", "unsure"])
def test_a_mask_comes_with_a_correction_alone(world: World, decision: str) -> None:
    task = asked_to_correct(world)
    with pytest.raises(InvalidInput) as caught:
        correction_submit(
            submission=submission(world.annotators[1], task), decision=decision, comment="a child", png=drawing()
        )
    assert caught.value.field == "mask"


def test_corrections_are_still_append_only(world: World) -> None:
    task = asked_to_correct(world)
    correction_submit(submission=submission(world.annotators[1], task), decision="exclude", comment="a child")
    for statement in ("UPDATE reviews_edit SET decision = 'unsure'", "DELETE FROM reviews_edit"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
