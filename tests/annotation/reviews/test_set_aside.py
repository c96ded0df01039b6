"""A film that cannot be loaded holds nobody up, and an admin finds it again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput, NotAllowed
from annotation.common.models import AuditEvent
from annotation.images.models import ImageState
from annotation.reviews.models import (
    Report,
    Resolution,
    ReviewTask,
    TaskState,
)
from annotation.reviews.selectors import films_set_aside, task_payload
from annotation.reviews.selectors.queue import batch_progress
from annotation.reviews.services import Receipt, act_withdraw, film_exclude, film_put_back, report_submit
from tests.annotation.reviews.world import World, new_key, submission, verdict

pytestmark = pytest.mark.django_db


def report(user: User, task: ReviewTask, comment: str = "", key: str = "") -> Receipt:
    return report_submit(submission=submission(user, task, key), comment=comment)


def fresh(task: ReviewTask) -> ReviewTask:
    return ReviewTask.objects.get(pk=task.pk)


def put_back(world: World, task: ReviewTask) -> Any:
    return film_put_back(project=world.project, image_id=task.project_image.image_id, actor=world.admin)


def exclude(world: World, task: ReviewTask, reason: str = "file lost") -> Any:
    return film_exclude(project=world.project, image_id=task.project_image.image_id, reason=reason, actor=world.admin)


@pytest.mark.parametrize("kind", ["verdict", "selection", "verification", "correction", "adjudication"])
def test_who_reports_a_film_of_any_kind_goes_on_with_the_next_and_nobody_gets_it_again(world: World, kind: str) -> None:
    person = world.physician if kind in {"verification", "adjudication"} else world.annotator
    if kind == "selection":
        world.selections(2)
    elif kind == "verification":
        world.verifications(2)
    else:
        for task in world.verdicts(2):
            task.kind, task.role = kind, "physician" if kind == "adjudication" else "annotator"
            task.save()
    (first,) = world.lease(person)
    done = report(person, first, "the page says error 404")
    assert done.counts
    assert fresh(first).state == TaskState.SET_ASIDE
    assert fresh(first).lease_holder is None
    for everybody in (person, *world.annotators, world.other_physician):
        assert first.pk not in [task.pk for task in world.lease(everybody, count=10)]
    (found,) = films_set_aside(world.project)
    assert found["image"] == str(first.project_image.image_id)
    (said,) = found["reports"]
    assert (said["by"], said["comment"], said["kind"]) == (person.username, "the page says error 404", kind)
    assert AuditEvent.objects.filter(action="film.set_aside", object_id=str(first.project_image_id)).count() == 1


def test_a_report_sent_again_counts_once_and_with_other_words_is_a_conflict(world: World) -> None:
    (task,) = world.verdicts()
    world.lease(world.annotator)
    key = new_key()
    first = report(world.annotator, task, "black", key)
    again = report(world.annotator, task, "black", key)
    assert again.repeated
    assert again.act == first.act
    with pytest.raises(Conflict) as caught:
        report(world.annotator, task, "white", key)
    assert caught.value.code == "idempotency_key_reused"
    assert Report.objects.count() == 1


def test_who_was_never_given_the_film_cannot_report_it(world: World) -> None:
    (task,) = world.verdicts()
    sent = submission(world.annotator, task)
    other = submission(world.annotators[1], task)
    wrong = type(sent)(sent.actor, sent.task_id, sent.idempotency_key, other.lease_token, 1.0)
    with pytest.raises(NotAllowed):
        report_submit(submission=wrong)
    assert fresh(task).state == TaskState.OPEN


def test_both_readings_go_together_and_come_back_together(world: World) -> None:
    first, second = world.verdicts(replicas=2)
    ann, bob = world.annotators
    world.lease(ann)
    world.lease(bob)
    report(ann, first)
    assert fresh(second).state == TaskState.SET_ASIDE
    late = verdict(bob, second, "accept")
    assert not late.counts, "kept as an opinion beside the report"
    assert "could not be loaded" in late.message
    act_withdraw(actor=ann, task_id=first.pk, idempotency_key=new_key())
    assert {fresh(first).state, fresh(second).state} == {TaskState.OPEN}
    assert (fresh(first).lease_holder, fresh(second).lease_holder) == (ann, None)


def test_a_reading_that_is_done_waits_for_the_one_set_aside(world: World) -> None:
    first, second = world.verdicts(replicas=2)
    ann, bob = world.annotators
    world.lease(bob)
    report(bob, first)
    act_withdraw(actor=bob, task_id=first.pk, idempotency_key=new_key())
    world.lease(ann)
    verdict(ann, second, "accept")
    report(bob, first)
    assert fresh(second).state == TaskState.DONE
    assert first.project_image.repository.count() == 0
    put_back(world, first)
    (again,) = world.lease(bob)
    verdict(bob, again, "accept")
    assert first.project_image.repository.count() == 1


def test_a_report_is_taken_back_like_any_other_act_by_who_made_it_alone(world: World) -> None:
    (task,) = world.verdicts()
    ann, bob = world.annotators
    world.lease(ann)
    report(ann, task)
    with pytest.raises(Conflict):
        act_withdraw(actor=bob, task_id=task.pk, idempotency_key=new_key())
    key = new_key()
    for _ in range(2):
        back = act_withdraw(actor=ann, task_id=task.pk, idempotency_key=key)
        assert (back.state, back.lease_holder) == (TaskState.OPEN, ann)
    assert Report.objects.count() == 2, "the report stays, its withdrawal stands beside it"
    assert verdict(ann, task, "accept").counts
    assert films_set_aside(world.project) == []


def test_a_reject_is_not_taken_back_behind_a_correction_that_is_set_aside(world: World) -> None:
    (task,) = world.verdicts()
    world.lease(world.annotator)
    follow = verdict(world.annotator, task, "reject").follow_up
    assert follow is not None
    report(world.annotator, follow)
    with pytest.raises(Conflict, match="set aside"):
        act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    act_withdraw(actor=world.annotator, task_id=follow.pk, idempotency_key=new_key())
    act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    assert fresh(follow).state == TaskState.CANCELLED


def test_a_film_whose_picture_is_lost_is_made_anew_from_its_original_and_put_back(world: World) -> None:
    (task,) = world.verdicts()
    image = task.project_image.image
    whole = blobs().read(image.rendition_key)
    for broken in (None, b"no picture", whole[: len(whole) // 2]):
        (held,) = world.lease(world.annotator)
        report(world.annotator, held)
        if broken is None:
            blobs().delete(image.rendition_key)
        else:
            blobs().write(image.rendition_key, broken)
        assert put_back(world, task).made_anew
    assert blobs().read(image.rendition_key) != whole[: len(whole) // 2]
    (held,) = world.lease(world.annotator)
    report(world.annotator, held)
    assert not put_back(world, task).made_anew, "nothing is wrong with it any more"
    assert fresh(task).state == TaskState.OPEN


def test_a_film_that_still_cannot_be_read_stays_aside_and_the_answer_says_why(world: World) -> None:
    (task,) = world.verdicts()
    image = task.project_image.image
    world.lease(world.annotator)
    report(world.annotator, task)
    blobs().delete(image.rendition_key)
    blobs().delete(image.original_key)
    with pytest.raises(Conflict, match="the original is lost") as caught:
        put_back(world, task)
    assert "exclude" in caught.value.remedy
    assert fresh(task).state == TaskState.SET_ASIDE
    assert Resolution.objects.count() == 0


def test_a_film_whose_proposal_is_lost_stays_aside_but_a_probe_is_closed(world: World) -> None:
    (probe,) = world.probes()
    real = ReviewTask.objects.get(is_probe=False)
    for task in (real, probe):
        blobs().delete(task.proposal.storage_key)
    world.lease(world.annotator, count=2)
    report(world.annotator, probe)
    put_back(world, probe)
    assert fresh(probe).state == TaskState.CANCELLED
    report(world.annotator, real)
    with pytest.raises(Conflict, match="a mask that is to be judged"):
        put_back(world, real)


def test_an_excluded_film_leaves_the_dataset_with_its_reason_and_no_task_of_it_stays_open(world: World) -> None:
    first, second = world.verdicts(replicas=2)
    world.lease(world.annotator)
    report(world.annotator, first)
    with pytest.raises(InvalidInput) as caught:
        exclude(world, first, "  ")
    assert caught.value.field == "reason"
    exclude(world, first)
    film = fresh(first).project_image
    assert (film.state, film.exclusion_reason) == (ImageState.EXCLUDED, "file lost")
    assert {fresh(first).state, fresh(second).state} == {TaskState.CANCELLED}
    assert AuditEvent.objects.filter(action="film.exclude", actor=world.admin).count() == 1
    for decide in (exclude, put_back):
        with pytest.raises(Conflict) as late:
            decide(world, first)
        assert late.value.code == "not_set_aside"


def test_nobody_brings_an_excluded_film_back_by_taking_an_earlier_act_back(world: World) -> None:
    (task,) = world.verdicts()
    world.lease(world.annotator)
    follow = verdict(world.annotator, task, "reject").follow_up
    assert follow is not None
    report(world.annotator, follow)
    exclude(world, task)
    with pytest.raises(Conflict, match="an admin has excluded"):
        act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    assert fresh(task).project_image.state == ImageState.EXCLUDED


def test_only_admins_of_the_project_decide(world: World) -> None:
    (task,) = world.verdicts()
    world.lease(world.annotator)
    report(world.annotator, task)
    for person in (world.annotator, world.physician, world.researcher):
        with pytest.raises(NotAllowed):
            film_put_back(project=world.project, image_id=task.project_image.image_id, actor=person)
        with pytest.raises(NotAllowed):
            film_exclude(project=world.project, image_id=task.project_image.image_id, reason="x", actor=person)
    assert fresh(task).state == TaskState.SET_ASIDE


def test_a_probe_set_aside_looks_like_any_other_film(world: World) -> None:
    world.probes(count=2)
    seen: dict[bool, list[Any]] = {}
    for is_probe in (True, False):
        cache.clear()
        task = ReviewTask.objects.filter(is_probe=is_probe, state=TaskState.OPEN).first()
        assert task is not None
        world.lease(world.annotator, count=10)
        before = batch_progress(world.batch.pk, "verdict")
        receipt = report(world.annotator, task)
        cache.clear()
        after = batch_progress(world.batch.pk, "verdict")
        back = act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
        seen[is_probe] = [
            before,
            after,
            receipt.counts,
            receipt.message,
            receipt.task.state,
            sorted(task_payload(back)),
        ]
    assert seen[True] == seen[False]
