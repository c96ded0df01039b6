"""The queue over REST, as a browser uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve

from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.reviews.models import TaskState, Verdict
from annotation.reviews.services import selection_submit
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict
from tests.factories import MembershipFactory, ProjectImageFactory

Client = Callable[[Any], Any]


def send(client: Any, task: dict[str, Any], act: str, key: str = "", **body: Any) -> Any:
    common = {
        "idempotency_key": key or new_key(),
        "lease_token": task["lease_token"],
        "active_seconds": 3.5,
    }
    form = {"format": "multipart"} if "mask" in body else {}
    return client.post(f"/api/tasks/{task['id']}/{act}", {**common, **body}, **form)


def png(rows: int = 20) -> SimpleUploadedFile:
    return SimpleUploadedFile("mask.png", drawing(rows), content_type="image/png")


def test_counts_tell_what_waits_for_me_and_not_for_others(world: World, api_as: Client) -> None:
    world.verdicts(count=3)
    world.verifications(count=2)
    world.lease(world.annotator)
    url = f"/api/projects/{world.project.slug}/queue"
    mine = api_as(world.annotator).get(url).json()
    assert (mine["waiting"]["verdict"], mine["waiting"]["verification"], mine["held"]) == (3, 0, 1)
    physician = api_as(world.physician).get(url).json()
    assert (physician["waiting"]["verdict"], physician["waiting"]["verification"]) == (0, 2)
    assert api_as(world.researcher).get(url).status_code == 403


def test_a_reject_is_answered_with_its_correction_and_a_png_settles_the_film(world: World, api_as: Client) -> None:
    world.verdicts()
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    assert client.post(f"/api/tasks/{task['id']}/open").json()["opened_at"]
    answer = send(client, task, "verdict", decision="reject")
    assert answer.status_code == 201
    follow = answer.json()["follow_up"]
    assert (follow["kind"], follow["proposal"]["id"]) == ("correction", task["proposal"]["id"])
    assert client.get(f"/api/tasks/{follow['id']}").json()["lease_token"] == follow["lease_token"]
    receipt = send(client, follow, "correction", mask=png()).json()
    assert (receipt["counts"], receipt["task"]["state"]) == (True, TaskState.DONE)
    assert Mask.objects.filter(kind="correction", author=world.annotator).count() == 1


def test_an_act_sent_again_after_a_lost_answer_is_200_and_says_so(world: World, api_as: Client) -> None:
    world.verdicts()
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    key = new_key()
    first = send(client, task, "verdict", key=key, decision="accept")
    again = send(client, task, "verdict", key=key, decision="accept")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["repeated"]
    assert first.json()["act"] == again.json()["act"]
    other = send(client, task, "verdict", key=key, decision="unsure")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")


def test_a_drawing_of_another_size_is_refused_by_field_and_the_task_stays_mine(world: World, api_as: Client) -> None:
    world.verdicts()
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    follow = send(client, task, "verdict", decision="reject").json()["follow_up"]
    refused = send(client, follow, "correction", mask=SimpleUploadedFile("mask.png", b"no picture at all"))
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "mask"
    assert client.get(f"/api/tasks/{follow['id']}").status_code == 200


@pytest.mark.parametrize("missing", ["idempotency_key", "lease_token", "active_seconds", "decision"])
def test_what_every_act_needs_is_asked_for_by_name(world: World, api_as: Client, missing: str) -> None:
    world.verdicts()
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    body = {
        "idempotency_key": new_key(), "lease_token": task["lease_token"], "active_seconds": 1, "decision": "accept",
    }  # fmt: skip
    del body[missing]
    answer = client.post(f"/api/tasks/{task['id']}/verdict", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, missing)
    assert not Verdict.objects.exists()


def test_undo_gives_the_task_back_to_me(world: World, api_as: Client) -> None:
    world.verdicts()
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    send(client, task, "verdict", decision="accept")
    again = client.post(f"/api/tasks/{task['id']}/undo", {"idempotency_key": new_key()})
    assert again.status_code == 200
    assert again.json()["lease_token"] == task["lease_token"]
    assert send(client, again.json(), "verdict", decision="unsure").json()["counts"]


def test_the_md_finds_other_films_of_the_patient_by_their_day_and_the_undated_last(
    world: World, api_as: Client
) -> None:
    (made,) = world.verdicts()
    patient = made.project_image.image.patient
    made.project_image.image.metadata = {"study_date": "20200601"}
    made.project_image.image.save()
    told = ("2021-02-03", "", "2019-12-31")
    films = [
        ProjectImageFactory(project=world.project, image__patient=patient, image__metadata={"date": day})
        for day in told
    ]
    (task,) = fetch(api_as(world.annotator), world)
    send(api_as(world.annotator), task, "verdict", decision="unsure")
    (asked,) = fetch(api_as(world.physician), world)
    assert [(film["id"], film["later"]) for film in asked["earlier_films"]] == [
        (str(films[2].image_id), False),
        (str(films[0].image_id), True),
        (str(films[1].image_id), False),
    ]
    first, second, none = (film["taken_on"] for film in asked["earlier_films"])
    apart = date.fromisoformat(second) - date.fromisoformat(first)
    assert (apart, none) == (date(2021, 2, 3) - date(2019, 12, 31), None), "days are shifted, their distances stay"


def test_the_md_reads_the_words_and_the_corrector_the_advice_with_its_marks(world: World, api_as: Client) -> None:
    (made,) = world.verdicts()
    same_patient = ProjectImageFactory(project=world.project, image__patient=made.project_image.image.patient)
    ProjectImageFactory(image__patient=made.project_image.image.patient)
    annotator, physician = api_as(world.annotator), api_as(world.physician)
    (task,) = fetch(annotator, world)
    assert task["earlier_films"] == []
    send(annotator, task, "verdict", decision="unsure", comment="is this the heart?")
    (asked,) = fetch(physician, world)
    assert asked["words"] == [{"decision": "unsure", "comment": "is this the heart?"}]
    assert [film["id"] for film in asked["earlier_films"]] == [str(same_patient.image_id)], "of this project alone"
    marks = [[[1, 2], [3.5, 4]]]
    answer = send(physician, asked, "adjudication", decision="advise", comment="leave it out", marks=marks)
    assert answer.status_code == 201, answer.content
    (follow,) = fetch(annotator, world)
    assert follow["advice"] == {"comment": "leave it out", "marks": marks}


def test_a_disputed_choice_goes_to_the_md_without_the_picks(world: World, api_as: Client) -> None:
    world.selections(replicas=2)
    for person, choice in zip(
        world.annotators, ({"decision": "pick", "position": 0}, {"decision": "deny"}), strict=True
    ):
        (task,) = world.lease(person)
        selection_submit(submission=submission(person, task), comment="clear apex", **choice)  # type: ignore[arg-type]
    (asked,) = fetch(api_as(world.physician), world)
    assert asked["words"] == [{"decision": None, "comment": "clear apex"}] * 2
    assert len(asked["candidates"]) == 6


def test_pixels_lie_where_the_payload_says(world: World, api_as: Client) -> None:
    world.verdicts()
    (task,) = fetch(api_as(world.annotator), world)
    for url in (task["image"]["pixels"], task["proposal"]["url"]):
        assert resolve(url)
        answer = api_as(world.annotator).get(url)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/png"
    assert api_as(world.annotators[1]).get(task["proposal"]["url"]).status_code in {403, 404}


def test_a_paused_project_hands_nothing_out_but_takes_what_was_begun(world: World, api_as: Client) -> None:
    world.verdicts(count=2)
    client = api_as(world.annotator)
    (task,) = fetch(client, world)
    world.project.state = "paused"
    world.project.save()
    refused = client.post(f"/api/projects/{world.project.slug}/queue/next", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "paused")
    assert send(client, task, "verdict", decision="accept").status_code == 201


def test_agreement_and_missed_probes_are_for_researchers(world: World, api_as: Client) -> None:
    world.probes(count=2)
    for task in world.lease(world.annotator, count=4):
        verdict(world.annotator, task, "accept" if task.is_probe else "reject")
    url = f"/api/projects/{world.project.slug}/agreement"
    assert api_as(world.annotator).get(url).status_code == 403
    (figures,) = api_as(world.researcher).get(url).json()["probes"]["reviewers"]
    assert (figures["reviewer"], figures["of"], figures["count"]) == (world.annotator.pseudonym, 2, 2)
    assert 0 < figures["low"] < figures["share"] == figures["high"] == 1.0


ACTS = {
    "verdict": {"decision": "accept"},
    "correction": {"mask": "png"},
    "adjudication": {"decision": "accept"},
    "selection": {"decision": "deny"},
    "verification": {"decision": "confirm"},
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("person", ["sibling", "researcher", "admin", "stranger"])
def test_nobody_acts_on_a_task_that_is_not_his(world: World, api_as: Client, act: str, person: str) -> None:
    sibling = World()
    people = {
        "sibling": sibling.annotator, "researcher": world.researcher, "admin": world.admin,
        "stranger": MembershipFactory(role=Role.PHYSICIAN).user,
    }  # fmt: skip
    made = {
        "verdict": world.verdicts, "correction": world.verdicts, "adjudication": world.verdicts,
        "selection": world.selections, "verification": world.verifications,
    }[act]()  # fmt: skip
    client = api_as(people[person])
    body: dict[str, Any] = {name: png() if value == "png" else value for name, value in ACTS[act].items()}
    token = str(submission(people[person], made[0]).lease_token)
    answer = send(client, {"id": str(made[0].pk), "lease_token": token}, act, **body)
    assert answer.status_code == 404
    for verb in ("open", "heartbeat", "release"):
        assert client.post(f"/api/tasks/{made[0].pk}/{verb}").status_code == 404
    assert client.post(f"/api/tasks/{made[0].pk}/undo", {"idempotency_key": new_key()}).status_code == 404
    assert client.get(f"/api/tasks/{made[0].pk}").status_code == 404
    if person in {"sibling", "stranger"}:
        assert client.post(f"/api/projects/{world.project.slug}/queue/next", {}).status_code == 404
    made[0].refresh_from_db()
    assert (made[0].state, made[0].lease_holder) == (TaskState.OPEN, None)


def test_an_annotator_does_no_md_task_and_the_reverse(world: World, api_as: Client) -> None:
    (for_annotators,) = world.verdicts()
    (for_physicians,) = world.verifications()
    for person, task in ((world.physician, for_annotators), (world.annotator, for_physicians)):
        assert api_as(person).post(f"/api/tasks/{task.pk}/open").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(world: World, api: Any) -> None:
    assert api.post(f"/api/projects/{world.project.slug}/queue/next", {}).status_code == 401


def test_an_mds_drawing_is_stored_as_his(world: World, api_as: Client) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure")
    client = api_as(world.physician)
    (asked,) = fetch(client, world)
    assert send(client, asked, "adjudication", decision="draw", mask=png(), marks="[]").status_code == 201
    assert Mask.objects.get(kind="drawing").author == world.physician
