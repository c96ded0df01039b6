"""Two people at the same moment: never two holders, never counted twice. Runs on whichever database the tests use."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.core.cache import cache
from django.utils import timezone

from annotation.accounts.models import User
from annotation.projects.models import Project
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskState, Verdict
from annotation.reviews.services import tasks_next
from annotation.rounds.engine import advance
from annotation.rounds.models import RepositoryEntry
from tests.annotation.reviews.racing import race
from tests.annotation.reviews.world import World, new_key, verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowd(transactional_db: None) -> World:
    cache.clear()
    return World(annotators=6)


def ask(world: World, user: User, count: int) -> list[UUID]:
    return [task.pk for task in tasks_next(user=user, project=world.project, count=count)]


def decide(user: User, task: ReviewTask, decision: str, key: str = "") -> tuple[bool, bool]:
    receipt = verdict(user, task, decision, "because", key=key)
    return receipt.counts, receipt.repeated


def test_no_task_goes_to_two_who_ask_at_once(crowd: World) -> None:
    crowd.verdicts(count=18)
    given = race(*(partial(ask, crowd, person, 3) for person in crowd.annotators))
    times = Counter(task for tasks in given for task in tasks)
    assert set(times.values()) == {1}
    assert len(times) == 18, "and nobody is told that there are no more"
    for person, tasks in zip(crowd.annotators, given, strict=True):
        assert set(ReviewTask.objects.filter(lease_holder=person).values_list("pk", flat=True)) == set(tasks)


def test_nobody_comes_to_hold_both_readings_of_a_film(crowd: World) -> None:
    crowd.verdicts(count=4, replicas=2)
    race(*(partial(ask, crowd, person, 4) for person in crowd.annotators[:3]))
    held = ReviewTask.objects.exclude(lease_holder=None).values_list("lease_holder", "project_image")
    assert set(Counter(held).values()) == {1}


def test_of_two_who_settle_one_task_at_once_one_counts_and_one_is_an_opinion(crowd: World) -> None:
    crowd.verdicts()
    first, second = crowd.annotators[:2]
    (task,) = crowd.lease(first)
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    crowd.lease(second)
    receipts = race(partial(decide, first, task, "accept"), partial(decide, second, task, "exclude"))
    assert sorted(receipts) == [(False, False), (True, False)]
    assert Verdict.objects.filter(counts=True).count() == Verdict.objects.filter(counts=False).count() == 1
    assert RepositoryEntry.objects.count() <= 1
    task.refresh_from_db()
    assert task.state == TaskState.DONE


def step_of_the_round(world: World) -> int:
    """The engine, which locks the project's row; the step takes a while and asks for the batch's."""

    def slow_step(project: Project) -> bool:
        time.sleep(1)
        return not ReviewBatch.objects.select_for_update().get(pk=world.batch.pk)

    with mock.patch("annotation.rounds.engine._move", slow_step):
        return advance(world.project.pk)


def decide_a_little_later(user: User, task: ReviewTask) -> tuple[bool, bool]:
    time.sleep(0.3)
    return decide(user, task, "reject")


def test_a_verdict_and_a_step_of_the_round_never_wait_for_each_other_in_a_ring(crowd: World) -> None:
    crowd.verdicts()
    person = crowd.annotator
    (task,) = crowd.lease(person)
    answers = race(partial(step_of_the_round, crowd), partial(decide_a_little_later, person, task))
    assert answers == [0, (True, False)]
    assert Verdict.objects.count() == 1


def test_one_act_sent_by_three_windows_at_once_is_one_row(crowd: World) -> None:
    crowd.verdicts()
    person = crowd.annotator
    (task,) = crowd.lease(person)
    key = new_key()
    receipts = race(*[partial(decide, person, task, "accept", key)] * 3)
    assert sorted(receipts) == [(True, False), (True, True), (True, True)]
    assert Verdict.objects.count() == RepositoryEntry.objects.count() == 1


def test_one_key_for_two_tasks_at_once_is_one_act_and_one_conflict(crowd: World) -> None:
    first, second = crowd.verdicts(count=2)
    person = crowd.annotator
    crowd.lease(person, count=2)
    key = new_key()
    results: list[Any] = race(
        partial(decide, person, first, "accept", key), partial(decide, person, second, "accept", key)
    )
    assert sorted(map(str, results)) == ["(True, False)", "idempotency_key_reused"]
    assert Verdict.objects.count() == 1


def test_two_readings_that_arrive_at_once_settle_the_film_once(crowd: World) -> None:
    crowd.verdicts(replicas=2)
    tasks = [crowd.lease(person)[0] for person in crowd.annotators[:2]]
    race(*(partial(decide, person, task, "accept") for person, task in zip(crowd.annotators, tasks, strict=False)))
    assert RepositoryEntry.objects.count() == 1
