"""Two people at the same moment at a film that cannot be loaded."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.cache import cache

from annotation.accounts.models import User
from annotation.reviews.models import Report, Resolution, ReviewTask, TaskState, Verdict
from tests.annotation.reviews.racing import race
from tests.annotation.reviews.test_set_aside import exclude, fresh, put_back, report
from tests.annotation.reviews.world import World, verdict

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_a_verdict_and_a_colleagues_report_at_once_one_counts_and_the_other_is_kept(transactional_db: None) -> None:
    cache.clear()
    world = World()
    (task,) = world.verdicts()
    ann, bob = world.annotators
    world.lease(ann)
    ReviewTask.objects.update(lease_expires_at=world.batch.created_at)
    world.lease(bob)
    counted = race(partial(_report, ann, task), partial(_accept, bob, task))
    assert sorted(counted) == [False, True]
    assert Report.objects.count() == Verdict.objects.count() == 1
    assert fresh(task).state == (TaskState.SET_ASIDE if counted[0] else TaskState.DONE)


def test_of_two_admins_who_decide_at_once_one_is_told(transactional_db: None) -> None:
    cache.clear()
    world = World()
    (task,) = world.verdicts()
    world.lease(world.annotator)
    report(world.annotator, task)
    answers = race(partial(_decided, put_back, world, task), partial(_decided, exclude, world, task))
    assert sorted(answers) in (["exclude", "not_set_aside"], ["not_set_aside", "put_back"])
    assert Resolution.objects.count() == 1


def _report(user: User, task: ReviewTask) -> bool:
    return report(user, task).counts


def _accept(user: User, task: ReviewTask) -> bool:
    return verdict(user, task, "accept").counts


def _decided(decide: Any, world: World, task: ReviewTask) -> str:
    return str(decide(world, task).decision)
