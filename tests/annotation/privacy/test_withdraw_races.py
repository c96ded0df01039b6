"""A patient is withdrawn at the moment in which people work on his film: nobody waits for ever, and nothing stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Gone
from annotation.images.models import Image, ImageState, ProjectImage, Withdrawal
from annotation.masks.models import Mask
from annotation.privacy.services import patient_withdraw, withdrawal_finish
from annotation.privacy.services.withdraw import plan_of
from annotation.reviews.models import Edit, ReviewTask, TaskState, Verdict
from annotation.reviews.services import act_withdraw, correction_submit
from annotation.reviews.services.submit import current_act
from annotation.rounds.models import RepositoryEntry
from annotation.rounds.repository import record_settlement
from tests.annotation.reviews.racing import race
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict

pytestmark = pytest.mark.django_db(transaction=True)
SLOW, LATER = 0.8, 0.3
"""Seconds that one of the two takes inside its transaction, and that the other one comes later."""


@pytest.fixture
def crowd(transactional_db: None) -> World:
    cache.clear()
    return World()


def slowly(what: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but it takes a while: meanwhile the rows are locked."""

    def slow(*args: Any, **options: Any) -> Any:
        result = what(*args, **options)
        time.sleep(SLOW)
        return result

    return slow


def later(call: Callable[[], Any]) -> Any:
    """When the other one has begun."""
    time.sleep(LATER)
    return call()


def withdraw(name: str) -> str:
    patient_withdraw(identifier=name, confirmation=name, actor=None)
    return "withdrawn for good"


def withdraw_slowly(name: str) -> str:
    with mock.patch("annotation.privacy.services.withdraw.plan_of", slowly(plan_of)):
        return withdraw(name)


def accept(user: User, task: ReviewTask) -> bool:
    return verdict(user, task, "accept").counts


def accept_slowly(user: User, task: ReviewTask) -> bool:
    with mock.patch("annotation.rounds.wiring.record_settlement", slowly(record_settlement)):
        return accept(user, task)


def correct(user: User, task: ReviewTask, png: bytes) -> bool:
    return correction_submit(submission=submission(user, task), png=png).counts


def correct_slowly(user: User, task: ReviewTask, png: bytes) -> bool:
    with mock.patch("annotation.rounds.wiring.record_settlement", slowly(record_settlement)):
        return correct(user, task, png)


def take_back(user: User, task: ReviewTask) -> str:
    return act_withdraw(actor=user, task_id=task.pk, idempotency_key=new_key()).state


def name_of(task: ReviewTask) -> str:
    return task.project_image.image.patient.identifier


def nothing_is_left_of(task: ReviewTask) -> None:
    """Whoever was first: the film is out, asked of nobody and no truth, and no file of it is there."""
    film = ProjectImage.objects.get(pk=task.project_image_id)
    assert (film.state, film.exclusion_reason) == (ImageState.EXCLUDED, "withdrawn")
    assert Image.objects.get(pk=film.image_id).withdrawn_at is not None
    assert not RepositoryEntry.objects.filter(project_image=film, superseded_at=None).exists()
    open_ = ReviewTask.objects.filter(project_image=film, state=TaskState.OPEN)
    assert not open_.exists()
    # A file that was written just before is found when the withdrawal is gone through again.
    withdrawal_finish(Withdrawal.objects.get().pk)
    assert not Mask.objects.filter(image=film.image_id).exclude(storage_key="").exists()
    assert not [key for key in blobs().list("") if key.endswith(".png")]


def test_a_verdict_that_comes_while_the_patient_is_withdrawn_hears_that_the_film_is_gone(crowd: World) -> None:
    (task,) = crowd.verdicts()
    crowd.lease(crowd.annotator)
    answers = race(
        partial(withdraw_slowly, name_of(task)), partial(later, partial(accept, crowd.annotator, task))
    )  # fmt: skip
    assert answers == ["withdrawn for good", Gone.code]
    assert not Verdict.objects.exists()
    nothing_is_left_of(task)


def test_a_verdict_that_was_first_is_kept_and_its_film_goes_all_the_same(crowd: World) -> None:
    (task,) = crowd.verdicts()
    crowd.lease(crowd.annotator)
    answers = race(partial(accept_slowly, crowd.annotator, task), partial(later, partial(withdraw, name_of(task))))
    assert answers == [True, "withdrawn for good"]
    assert Verdict.objects.get().decision == "accept"
    assert RepositoryEntry.objects.get().superseded_at is not None
    nothing_is_left_of(task)


def test_a_correction_that_was_first_leaves_its_row_and_no_drawing(crowd: World) -> None:
    (task,) = crowd.verdicts()
    crowd.lease(crowd.annotator)
    follow_up = verdict(crowd.annotator, task, "reject").follow_up
    assert follow_up is not None
    answers = race(
        partial(correct_slowly, crowd.annotator, follow_up, drawing()),
        partial(later, partial(withdraw, name_of(task))),
    )
    assert answers == [True, "withdrawn for good"]
    assert current_act(Edit, follow_up) is not None
    nothing_is_left_of(task)


def test_a_correction_that_comes_while_the_patient_is_withdrawn_stores_nothing(crowd: World) -> None:
    (task,) = crowd.verdicts()
    crowd.lease(crowd.annotator)
    follow_up = verdict(crowd.annotator, task, "reject").follow_up
    assert follow_up is not None
    answers = race(
        partial(withdraw_slowly, name_of(task)),
        partial(later, partial(correct, crowd.annotator, follow_up, drawing())),
    )
    assert answers == ["withdrawn for good", Gone.code]
    assert not Edit.objects.exists()
    nothing_is_left_of(task)


def test_nothing_is_taken_back_on_a_film_that_is_just_being_withdrawn(crowd: World) -> None:
    (task,) = crowd.verdicts()
    crowd.lease(crowd.annotator)
    verdict(crowd.annotator, task, "accept")
    answers = race(
        partial(withdraw_slowly, name_of(task)), partial(later, partial(take_back, crowd.annotator, task))
    )  # fmt: skip
    assert answers == ["withdrawn for good", Gone.code]
    assert Verdict.objects.count() == 1
    nothing_is_left_of(task)


def test_whoever_is_first_of_many_at_once_the_end_is_the_same(crowd: World) -> None:
    """Two readers, the second look of a colleague and the withdrawal, all in one moment and in no order."""
    tasks = crowd.verdicts(replicas=2)
    for person in crowd.annotators:
        crowd.lease(person)
    name = name_of(tasks[0])
    readings = [partial(accept, person, task) for person, task in zip(crowd.annotators, tasks, strict=True)]
    answers = race(partial(withdraw, name), *readings, partial(withdraw, name))
    assert answers[0] == answers[-1] == "withdrawn for good"
    kept = [answer for answer in answers[1:-1] if answer is True]
    assert set(answers[1:-1]) <= {True, Gone.code}
    assert Verdict.objects.count() == len(kept)
    assert Withdrawal.objects.count() == 1
    nothing_is_left_of(tasks[0])
