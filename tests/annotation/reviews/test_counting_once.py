"""An act counts once however often it is sent, and nothing that a person did is thrown away."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from annotation.common.errors import Conflict, InvalidInput, NotAllowed
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, TaskState, Verdict
from annotation.reviews.services import Submission, leases_expire, task_heartbeat, task_open, verdict_submit
from annotation.reviews.services.leases import lease_seconds
from annotation.rounds.models import RepositoryEntry
from tests.annotation.reviews.world import World, new_key, submission, verdict
from tests.factories import member


def expire(task: ReviewTask) -> None:
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_the_same_act_sent_twice_is_one_row_and_answers_alike(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    key = new_key()
    first = verdict(world.annotator, task, "reject", key=key)
    second = verdict(world.annotator, task, "reject", key=key)
    assert (first.repeated, second.repeated, second.act) == (False, True, first.act)
    assert second.follow_up == first.follow_up
    assert Verdict.objects.count() == 1


def test_the_same_key_with_other_content_is_a_conflict_that_changes_nothing(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    key = new_key()
    verdict(world.annotator, task, "accept", key=key)
    with pytest.raises(Conflict) as refused:
        verdict(world.annotator, task, "exclude", "blurred", key=key)
    assert refused.value.code == "idempotency_key_reused"
    assert Verdict.objects.get().decision == "accept"


def test_the_same_key_of_two_people_is_two_acts(world: World) -> None:
    first, second = world.verdicts(count=2)
    world.lease(world.annotators[0])
    world.lease(world.annotators[1])
    verdict(world.annotators[0], first, "accept", key="the-same-key")
    verdict(world.annotators[1], second, "accept", key="the-same-key")
    assert Verdict.objects.count() == 2


def test_work_sent_with_an_expired_lease_counts_while_the_task_is_open(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    expire(task)
    assert verdict(world.annotator, task, "accept").counts


def test_work_sent_after_a_colleague_settled_the_film_is_kept_as_an_opinion(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotators[0])
    expire(task)
    (taken,) = world.lease(world.annotators[1])
    assert taken.pk == task.pk
    verdict(world.annotators[1], taken, "accept")
    late = verdict(world.annotators[0], task, "exclude", "too late")
    assert (late.counts, bool(late.message)) == (False, True)
    assert Verdict.objects.filter(counts=False, decision="exclude").count() == 1
    assert RepositoryEntry.objects.filter(superseded_at__isnull=True).count() == 1
    task.refresh_from_db()
    assert task.done_by == world.annotators[1]


def test_work_on_a_task_that_was_never_leased_is_refused(world: World) -> None:
    (task,) = world.verdicts()
    stranger = Submission(world.annotator, task.pk, new_key(), uuid4(), 1.0)
    with pytest.raises(NotAllowed):
        verdict_submit(submission=stranger, decision="accept")
    assert not Verdict.objects.exists()


@pytest.mark.parametrize(("key", "seconds", "field"), [("short", 1, "idempotency_key"), (None, -1, "active_seconds")])
def test_what_comes_with_an_act_is_checked_by_name(world: World, key: str | None, seconds: float, field: str) -> None:
    (task,) = world.verdicts()
    with pytest.raises(InvalidInput) as refused:
        verdict_submit(submission=submission(world.annotator, task, key or new_key(), seconds), decision="accept")
    assert refused.value.field == field


def test_a_lease_ends_a_prefetched_task_may_be_taken_and_an_opened_one_not(world: World) -> None:
    world.verdicts(count=2)
    opened, prefetched = world.lease(world.annotators[0], count=2)
    task_open(user=world.annotators[0], task_id=opened.pk)
    assert [task.pk for task in world.lease(world.annotators[1], count=2)] == [prefetched.pk]
    with pytest.raises(Conflict) as refused:
        task_heartbeat(user=world.annotators[0], task_id=prefetched.pk)
    assert refused.value.code == "lease_lost"
    expire(opened)
    assert {task.pk for task in world.lease(world.annotators[1], count=2)} == {opened.pk, prefetched.pk}


def test_an_expired_lease_that_nobody_took_is_renewed_by_looking(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    expire(task)
    renewed = task_open(user=world.annotator, task_id=task.pk)
    assert renewed.lease_expires_at is not None
    assert renewed.lease_expires_at > timezone.now()


def test_a_correction_that_its_reader_let_go_may_be_taken_over_like_any_other_task(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    follow_up = verdict(world.annotator, task, "reject").follow_up
    assert follow_up is not None
    expire(follow_up)
    slow, quick = (member(world.project, Role.ANNOTATOR) for _ in range(2))
    assert [task.pk for task in world.lease(slow)] == [follow_up.pk]
    assert [task.pk for task in world.lease(quick)] == [follow_up.pk], "the first has not looked at it yet"


@pytest.mark.parametrize("statement", ["UPDATE reviews_verdict SET decision = 'reject'", "DELETE FROM reviews_verdict"])
def test_the_database_itself_refuses_to_change_or_delete_an_act(world: World, statement: str) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Verdict.objects.get().decision == "accept"


def test_a_task_that_is_done_has_no_lease_and_is_given_to_nobody(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    task.refresh_from_db()
    assert (task.state, task.lease_holder) == (TaskState.DONE, None)
    assert not world.lease(world.annotators[1])


def test_a_reading_that_somebody_else_has_by_now_stays_his_whoever_sends_a_second_one(world: World) -> None:
    world.verdicts(replicas=2)
    person, colleague = world.annotators
    first, second = ReviewTask.objects.order_by("replica")
    world.lease(person)
    verdict(person, first, "accept")
    assert [task.pk for task in world.lease(colleague)] == [second.pk]
    task_open(user=colleague, task_id=second.pk)
    late = verdict(person, second, "accept")
    assert not late.counts
    task_heartbeat(user=colleague, task_id=second.pk)
    assert verdict(colleague, second, "accept").counts


def test_a_second_reading_that_was_kept_for_its_sender_is_given_to_somebody_else(world: World) -> None:
    world.verdicts(replicas=2)
    person, colleague = world.annotators
    first, second = ReviewTask.objects.order_by("replica")
    world.lease(person)
    verdict(person, first, "accept")
    ReviewTask.objects.filter(pk=second.pk).update(assigned_to=person)
    assert not verdict(person, second, "accept").counts
    assert [task.pk for task in world.lease(colleague)] == [second.pk]


def test_a_lease_given_before_the_clock_was_set_back_ends_as_one_that_is_given_now(world: World) -> None:
    (task,) = world.verdicts()
    world.lease(world.annotator)
    before = timezone.now() - timedelta(hours=1)
    assert leases_expire(now=before) == 0
    assert leases_expire(now=before + timedelta(seconds=lease_seconds() + 1)) == 1
    task.refresh_from_db()
    assert task.lease_holder is None
