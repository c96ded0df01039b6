"""Blind choices that come back to the same person: not to be told from others, and a look at the reader alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.images.models import ImageState
from annotation.projects.models import Membership, Role
from annotation.reviews.models import ReviewTask, Selection, TaskKind, TaskState
from annotation.reviews.permissions import lease_token
from annotation.reviews.services import (
    Receipt,
    act_withdraw,
    film_exclude,
    film_put_back,
    repeats_drop,
    report_submit,
    selection_submit,
    task_open,
)
from annotation.rounds.models import RepositoryEntry
from annotation.rounds.picks import choices_made, counts_of
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.test_blind_payloads import walk
from tests.annotation.reviews.world import World, new_key, submission
from tests.factories import member

Client = Callable[[Any], Any]


def pick(user: User, task: ReviewTask, encoder: str = "secret2", seconds: float = 2.0) -> Receipt:
    """Pick what a network drew."""
    place = task.candidates.get(mask__model_version__encoder=encoder).position
    said = submission(user, task, seconds=seconds)
    return selection_submit(submission=said, decision="pick", position=place)


def work(world: World, count: int, user: User | None = None) -> list[ReviewTask]:
    """The user's next choices, one by one."""
    user = user or world.annotator
    done = []
    for _ in range(count):
        (task,) = world.lease(user)
        pick(user, task)
        done.append(task)
    return done


def repeat_of(task: ReviewTask) -> ReviewTask:
    return ReviewTask.objects.get(repeat_of=task)


def test_a_film_comes_back_to_its_reader_after_as_many_others_as_were_asked_for_and_newly_shuffled(
    world: World,
) -> None:
    world.selections(count=8, repeats=(3, 4))
    shown = work(world, 10)
    films = [task.project_image_id for task in shown]
    assert films[4] == films[0], "after three others"
    assert films[7] == films[1], "after four others, the repeat of another film not counted"
    assert len(set(films)) == 8
    orders = [[[c.mask_id for c in shown[n].candidates.all()] for n in two] for two in ((0, 4), (1, 7))]
    assert all(set(first) == set(again) for first, again in orders)
    assert any(first != again for first, again in orders), "shuffled anew"


def test_nobody_but_the_first_reader_is_given_the_repeat(world: World) -> None:
    world.selections(count=4, repeats=(1,))
    first, other = world.annotators
    work(world, 2, first)
    assert {task.repeat_of_id for task in work(world, 2, other)} == {None}
    assert world.lease(other, count=5) == [], "not even where nothing else is left"
    (again,) = world.lease(first, count=5)
    assert again.repeat_of is not None
    assert world.lease(other, count=5) == [], "nor where the reader has fetched it without opening it"


def test_the_first_choice_counts_for_the_film_and_for_the_network_and_the_repeat_for_neither(world: World) -> None:
    first_task, _, _, _ = world.selections(count=3, repeats=(2,))
    work(world, 3)
    before = list(RepositoryEntry.objects.order_by("pk").values_list("pk", "mask", "superseded_at"))
    credit = choices_made(world.batch.pk)
    (again,) = world.lease(world.annotator)
    assert again.repeat_of_id == first_task.pk
    receipt = pick(world.annotator, again, "secret5")
    assert receipt.counts
    assert receipt.follow_up is None
    assert list(RepositoryEntry.objects.order_by("pk").values_list("pk", "mask", "superseded_at")) == before
    assert choices_made(world.batch.pk) == credit
    assert counts_of(credit) == (3, 0)
    again.refresh_from_db()
    assert (again.state, again.done_by) == (TaskState.DONE, world.annotator)


def test_two_readers_are_compared_by_their_first_choices_alone(world: World) -> None:
    one, other, again, *_ = world.selections(count=3, replicas=2, repeats=(1,))
    people = world.annotators
    pick(people[0], one)
    work(world, 1, people[0])
    (repeat,) = world.lease(people[0], kinds=[TaskKind.SELECTION])
    assert repeat.pk == again.pk
    pick(people[0], again, "secret4")
    pick(people[1], other)
    film = one.project_image
    film.refresh_from_db()
    assert film.state == ImageState.SETTLED, "both picked alike; the repeat disputes nothing"
    assert not ReviewTask.objects.filter(kind=TaskKind.SELECTION, role=Role.PHYSICIAN).exists()


def test_a_disputed_film_goes_to_an_md_while_a_repeat_of_it_waits(world: World) -> None:
    one, other, _ = world.selections(count=1, replicas=2, repeats=(5,))
    pick(world.annotators[0], one)
    pick(world.annotators[1], other, "secret4")
    (dispute,) = world.lease(world.physician)
    assert dispute.role == Role.PHYSICIAN


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN])
def test_neither_the_batch_nor_the_queue_counts_otherwise_when_a_film_is_to_come_back(
    world: World, api_as: Client, role: str
) -> None:
    world.selections(count=8, repeats=(2, 0, 3), role=role)
    chooser = {Role.ANNOTATOR: world.annotator, Role.PHYSICIAN: world.physician}[Role(role)]
    client = api_as(chooser)
    seen = []
    for _ in range(8):
        cache.clear()
        waiting = client.get(f"/api/projects/{world.project.slug}/queue").json()["waiting"]["selection"]
        (task,) = fetch(client, world)
        seen.append((waiting, task["batch"]["done"], task["batch"]["total"]))
        pick(chooser, ReviewTask.objects.get(pk=task["id"]))
    assert seen == [(10 - n, n, 10) for n in range(8)]


def test_a_repeat_looks_like_any_other_choice_and_shares_no_id_with_the_first_time(
    world: World, api_as: Client
) -> None:
    world.selections(count=4, repeats=(2,))
    client = api_as(world.annotator)
    payloads, answers = [], []
    for _ in range(4):
        (task,) = fetch(client, world)
        urls = [task["image"]["pixels"], *(one["url"] for one in task["candidates"])]
        answers.append([client.get(url) for url in urls])
        payloads.append(task)
        pick(world.annotator, ReviewTask.objects.get(pk=task["id"]))
    first, plain, again = payloads[0], payloads[1], payloads[3]
    assert ReviewTask.objects.get(pk=again["id"]).repeat_of_id is not None
    assert {key: type(value) for key, value in plain.items()} == {key: type(value) for key, value in again.items()}
    ids = [{text for text in walk(task) if len(text) >= 32} for task in (first, again)]
    assert ids[0] & ids[1] == set(), "no id, address or token comes twice"
    for one, other in zip(answers[0], answers[3], strict=True):
        assert (one.status_code, other.status_code) == (200, 200)
        # A request's id is made at random, for whatever it asks.
        mine = {"ETag", "X-Request-ID"}
        told = [{name: value for name, value in answer.headers.items() if name not in mine} for answer in (one, other)]
        assert told[0] == told[1]
        assert one.headers["ETag"] != other.headers["ETag"]
    assert answers[0][0].content == answers[3][0].content, "it is the same film"
    assert sorted(a.content for a in answers[0][1:]) == sorted(a.content for a in answers[3][1:])


def test_while_a_film_is_back_no_address_of_the_first_time_opens_again(world: World, api_as: Client) -> None:
    world.selections(count=3, repeats=(2,))
    client = api_as(world.annotator)
    (first,) = fetch(client, world)
    work(world, 3)
    old = [one["url"] for one in first["candidates"]]
    assert {client.get(url).status_code for url in old} == {404}
    (again,) = fetch(client, world)
    assert {client.get(url).status_code for url in old} == {404}, "an address that opens again would tell"
    shown = [one["url"] for one in again["candidates"]]
    assert {client.get(url).status_code for url in shown} == {200}
    assert {api_as(world.annotators[1]).get(url).status_code for url in shown} == {404}, "they are their holder's"
    told = client.get(f"/api/images/{again['image']['id']}").json()
    assert told["id"] == again["image"]["id"]
    assert told == {**client.get(f"/api/images/{first['image']['id']}").json(), "id": told["id"]}
    pick(world.annotator, ReviewTask.objects.get(pk=again["id"]))
    assert {client.get(url).status_code for url in shown} == {404}


def test_a_choice_that_is_taken_back_is_repeated_for_whoever_chooses_next(world: World) -> None:
    first, again, *_ = world.selections(count=4, repeats=(2,))
    ann, bob = world.annotators
    work(world, 3, ann)
    (held,) = world.lease(ann)
    assert held.pk == again.pk
    task_open(user=ann, task_id=again.pk)
    act_withdraw(actor=ann, task_id=first.pk, idempotency_key=new_key())
    again.refresh_from_db()
    assert again.lease_holder is None, "nothing is repeated now"
    late = pick(ann, again)
    assert not late.counts
    assert "opinion" in late.message
    ReviewTask.objects.filter(pk=first.pk).update(lease_holder=None, lease_token=None, lease_expires_at=None)
    pick(bob, first)
    assert again.pk not in {task.pk for task in world.lease(ann, count=5)}
    assert again.pk not in {task.pk for task in world.lease(bob, count=5)}, "bob has chosen on nothing else yet"


def test_a_repeat_that_is_taken_back_is_asked_again_and_changes_nothing(world: World) -> None:
    first, again, *_ = world.selections(count=3, repeats=(1,))
    work(world, 2)
    pick(world.annotator, again)
    act_withdraw(actor=world.annotator, task_id=again.pk, idempotency_key=new_key())
    again.refresh_from_db()
    film = first.project_image
    film.refresh_from_db()
    assert (again.state, again.lease_holder, film.state) == (TaskState.OPEN, world.annotator, ImageState.SETTLED)
    assert RepositoryEntry.objects.get(project_image=film).superseded_at is None


def test_nobody_waits_for_a_repeat_whose_reader_has_left_or_has_no_other_films(world: World) -> None:
    tasks = world.selections(count=5, repeats=(1, 1, 1, 9))
    ann, bob = world.annotators
    left, gone, stays = ReviewTask.objects.filter(repeat_of__in=tasks[:6]).order_by("order")
    cleo = member(world.project, Role.ANNOTATOR)
    pick(ann, tasks[0])
    pick(bob, tasks[2])
    pick(cleo, tasks[4])
    pick(cleo, tasks[6])
    for person in (ann, bob):
        extra = world.selections(count=1)
        pick(person, extra[0])
    pick(cleo, tasks[8])
    ann.is_active = False
    ann.save()
    Membership.objects.filter(user=bob, project=world.project).delete()
    assert repeats_drop(world.batch, wait=True) == 3
    states = {task.pk: task.state for task in ReviewTask.objects.filter(repeat_of__isnull=False)}
    assert states[left.pk] == states[gone.pk] == TaskState.CANCELLED
    assert states[stays.pk] == TaskState.OPEN, "cleo has chosen on two others since"
    assert states[repeat_of(tasks[6]).pk] == TaskState.CANCELLED, "nine others never came"
    assert repeats_drop(world.batch, wait=False) == 1, "in the end nobody waits for cleo either"
    late = pick(cleo, stays)
    assert not late.counts, "and what she sends then is kept"
    assert Selection.objects.filter(task=stays).exists()


def test_a_repeat_that_its_reader_is_looking_at_is_waited_for(world: World) -> None:
    first, again, *_ = world.selections(count=2, repeats=(1,))
    work(world, 2)
    (held,) = world.lease(world.annotator)
    assert held.pk == again.pk
    assert repeats_drop(world.batch, wait=True) == 0
    gone = timezone.now() + timedelta(days=1)
    act_withdraw(actor=world.annotator, task_id=first.pk, idempotency_key=new_key())
    assert repeats_drop(world.batch, wait=True, now=gone) == 1, "a choice that was taken back repeats nothing"


def test_a_repeat_that_cannot_be_loaded_is_set_aside_alone_and_put_back_for_the_same_person(world: World) -> None:
    first, again, *_ = world.selections(count=3, repeats=(1,))
    work(world, 2)
    task = world.lease(world.annotator)[0]
    assert task.pk == again.pk
    report_submit(submission=submission(world.annotator, again))
    again.refresh_from_db()
    first.refresh_from_db()
    assert (again.state, first.state) == (TaskState.SET_ASIDE, TaskState.DONE)
    film_put_back(project=world.project, image_id=first.project_image.image_id, actor=world.admin)
    assert again.pk not in {task.pk for task in world.lease(world.annotators[1], count=5)}
    assert again.pk in {task.pk for task in world.lease(world.annotator, count=5)}


def test_an_excluded_film_does_not_come_back(world: World) -> None:
    first, again = world.selections(count=1, repeats=(1,))
    (task,) = world.lease(world.annotator)
    report_submit(submission=submission(world.annotator, task))
    film_exclude(project=world.project, image_id=first.project_image.image_id, reason="black", actor=world.admin)
    again.refresh_from_db()
    assert again.state == TaskState.CANCELLED


@pytest.mark.parametrize(
    "change",
    [{"due_after": None}, {"shown_as": None}, {"due_after": 0}, {"is_probe": True}, {"kind": TaskKind.CORRECTION},
     {"replicas": 2}],
    ids=str,
)  # fmt: skip
def test_the_database_takes_no_half_of_a_repeat(world: World, change: dict[str, Any]) -> None:
    _, again = world.selections(count=1, repeats=(1,))
    with pytest.raises(IntegrityError, match=r"repeats_are_single|CHECK"), transaction.atomic():
        ReviewTask.objects.filter(pk=again.pk).update(**change)


def test_a_choice_is_repeated_once(world: World) -> None:
    first, again = world.selections(count=1, repeats=(1,))
    assert lease_token(world.annotator, first) != lease_token(world.annotator, again)
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)
