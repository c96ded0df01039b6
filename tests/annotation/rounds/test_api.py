"""Rounds, networks, jobs and one film's history over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from annotation.images.models import ImageRole, ProjectImage
from annotation.jobs.models import Job, JobStatus
from annotation.masks.models import ModelVersion
from annotation.projects.models import Project, Role
from annotation.reviews.services import tasks_next
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.annotation.reviews.world import verdict
from tests.annotation.rounds.world import World
from tests.factories import (
    member,
)

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def world() -> World:
    return World()


def keys_and_values(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from keys_and_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_and_values(item)
    else:
        yield str(value)


def test_progress_shows_films_stages_the_step_that_runs_and_effort(world: World, api_as: Client) -> None:
    world.start()
    world.accept_all()
    found = api_as(world.people["researcher"]).get(f"/api/projects/{world.project.slug}/progress").json()
    assert found["films"]["roles"] == {"seed": {"settled": 10}, "pool": {"waiting": 5, "settled": 3}}
    assert found["films"]["splits"] == {"validation": 2, "test": 0}
    assert [stage["state"] for stage in found["stages"]] == ["done", "running", "waiting", "waiting"]
    assert found["current"]["step"]["kind"] == "review"
    assert found["settled"] == {"seed": 10, "accepted": 3}
    (batch,) = found["effort"]
    assert (batch["batch"], batch["films"], batch["active_seconds"], batch["seconds_per_film"]) == ("II.1", 3, 6.0, 2.0)
    accepted = batch["accepted"]
    assert (accepted["count"], accepted["of"], accepted["share"]) == (3, 3, 1.0)
    assert 0.4 < accepted["low"] < accepted["high"] == 1.0
    initial = found["stages"][0]["rounds"][0]["steps"][0]
    assert len(initial["outcome"]["networks"]) == 3
    assert {job["progress"].get("phase", "") for job in initial["jobs"]} == {""}


def test_no_page_of_a_reviewer_names_a_network_or_its_score(world: World, api_as: Client) -> None:
    world.start()
    world.accept_all()
    assert world.walk().name == "III"
    round_ids = Round.objects.filter(project=world.project).values_list("pk", flat=True)
    pages = [f"/api/projects/{world.project.slug}/{name}" for name in ("progress", "rounds", "queue")]
    pages += [f"/api/rounds/{pk}" for pk in round_ids]
    banned = {"densenet", "resnet", "unet", "fpn", "validation_dsc"}
    banned |= {str(pk) for pk in ModelVersion.objects.values_list("pk", flat=True)}
    for role in ("annotator", "physician"):
        for page in pages:
            answer = api_as(world.people[role]).get(page)
            assert answer.status_code == 200, page
            for text in keys_and_values(answer.json()):
                assert not [word for word in banned if word in text.lower()], f"{page}: {text}"
    assert api_as(world.people["annotator"]).get(pages[0]).json()["picks"] is None


READS: dict[str, set[str]] = {
    "projects/{slug}/progress": {"annotator", "physician", "admin", "researcher", "root"},
    "projects/{slug}/rounds": {"annotator", "physician", "admin", "researcher", "root"},
    "rounds/{round}": {"annotator", "physician", "admin", "researcher", "root"},
    "rounds/{round}/films": {"admin", "researcher", "root"},
    "projects/{slug}/models": {"admin", "researcher", "root"},
    "models/{model}": {"admin", "researcher", "root"},
    "projects/{slug}/films/{image}/history": {"admin", "researcher", "root"},
    "projects/{slug}/agreement": {"admin", "researcher", "root"},
    "projects/{slug}/figures": {"admin", "researcher", "root"},
    "projects/{slug}/curves": {"admin", "researcher", "root"},
    "projects/{slug}/next-batch": {"admin", "researcher", "root"},
    "projects/{slug}/jobs": {"admin", "root"},
    "jobs/{job}": {"admin", "root"},
}
WRITES = [
    "projects/{slug}/start", "projects/{slug}/pause", "projects/{slug}/resume", "rounds/{round}/retry",
    "rounds/{round}/close", "jobs/{job}/cancel", "jobs/{job}/retry",
]  # fmt: skip


def places(world: World, round_: Round) -> dict[str, str]:
    image = ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL).values_list("image_id", flat=True)
    return {
        "slug": world.project.slug,
        "round": str(round_.pk),
        "model": str(ModelVersion.objects.filter(project=world.project)[0].pk),
        "image": str(image[0]),
        "job": str(Job.objects.filter(project_id=world.project.pk)[0].pk),
    }


def test_each_page_is_read_by_whom_it_is_for_and_hidden_from_a_sibling_project(world: World, api_as: Client) -> None:
    place = places(world, world.start())
    for page, allowed in READS.items():
        for name, person in world.people.items():
            status = api_as(person).get("/api/" + page.format(**place)).status_code
            expected = 200 if name in allowed else 404 if name == "nobody" else 403
            assert status == expected, f"{page} by {name}"


def test_only_admins_move_a_project_and_a_refusal_changes_nothing(world: World, api_as: Client) -> None:
    place = places(world, world.start())
    before = (
        world.project.state,
        list(Job.objects.order_by("pk").values_list("pk", "status", "attempt")),
        list(Round.objects.order_by("pk").values_list("pk", "state")),
    )
    for page in WRITES:
        for name in ("annotator", "physician", "researcher", "nobody"):
            status = api_as(world.people[name]).post("/api/" + page.format(**place)).status_code
            assert status == (404 if name == "nobody" else 403), f"{page} by {name}"
    world.project.refresh_from_db()
    assert before == (
        world.project.state,
        list(Job.objects.order_by("pk").values_list("pk", "status", "attempt")),
        list(Round.objects.order_by("pk").values_list("pk", "state")),
    )


def test_an_admin_starts_pauses_and_resumes(world: World, api_as: Client) -> None:
    admin, url = api_as(world.people["admin"]), f"/api/projects/{world.project.slug}"
    assert admin.post(f"{url}/start").json() == {"project": world.project.slug, "state": "running"}
    assert admin.post(f"{url}/start").status_code == 409
    assert admin.post(f"{url}/pause").json()["state"] == "paused"
    world.gpu.walk(world.project)
    assert not Round.objects.filter(project=world.project).exists(), "a paused project does not move"
    assert admin.post(f"{url}/resume").json()["state"] == "running"
    assert world.walk().name == "II.1"


def test_a_failed_training_is_shown_in_words_and_tried_again_from_its_job(world: World, api_as: Client) -> None:
    world.gpu.fail = ["out of memory on device 0"]
    round_ = world.start()
    admin = api_as(world.people["admin"])
    current = admin.get(f"/api/projects/{world.project.slug}/progress").json()["current"]
    assert current["state"] == "failed"
    assert "out of memory" in current["step"]["error"]
    (job,) = Job.objects.filter(status=JobStatus.FAILED)
    answer = admin.post(f"/api/jobs/{job.pk}/retry")
    assert (answer.status_code, answer.json()["attempt"]) == (200, 2)
    round_.refresh_from_db()
    assert round_.state == "open"
    assert world.walk().name == "II.1"
    assert Job.objects.filter(kind="train").count() == 3, "the two that had succeeded were not run again"


def test_a_cancelled_job_fails_its_round_and_the_round_is_retried(world: World, api_as: Client) -> None:
    project_start(project=world.project, actor=world.people["admin"])
    from annotation.rounds.engine import advance

    advance(world.project.pk)
    admin = api_as(world.people["admin"])
    job = Job.objects.filter(project_id=world.project.pk)[0]
    cancelled = admin.post(f"/api/jobs/{job.pk}/cancel", {"reason": "wrong settings"}).json()
    assert (cancelled["status"], cancelled["error"]) == ("cancelled", "wrong settings")
    assert [event["new"] for event in cancelled["events"]][-1] == "cancelled"
    round_ = world.walk()
    assert round_.state == "failed"
    assert admin.post(f"/api/rounds/{round_.pk}/retry").json()["state"] == "open"
    assert world.walk().name == "II.1"


def test_an_admin_closes_a_reviewed_round_without_waiting_for_the_grace_period(world: World, api_as: Client) -> None:
    protocol = world.project.protocol
    protocol["stages"][1]["undo_grace_seconds"] = 3600.0
    Project.objects.filter(pk=world.project.pk).update(protocol=protocol)
    round_ = world.start()
    admin = api_as(world.people["admin"])
    assert admin.post(f"/api/rounds/{round_.pk}/close").status_code == 409, "its tasks are open"
    world.accept_all()
    assert world.walk().name == "II.1"
    assert admin.post(f"/api/rounds/{round_.pk}/close").status_code == 200
    assert world.walk().name == "III"


def test_a_rounds_films_say_why_they_were_chosen(world: World, api_as: Client) -> None:
    round_ = world.start()
    films = api_as(world.people["researcher"]).get(f"/api/rounds/{round_.pk}/films").json()
    assert films["count"] == 3
    assert all("waiting)" in film["reason"] and film["stratum"] in film["reason"] for film in films["results"])
    detail = api_as(world.people["researcher"]).get(f"/api/rounds/{round_.pk}").json()
    assert detail["explanation"]["chosen"] == detail["films"] == 3


def test_a_network_shows_its_card(world: World, api_as: Client) -> None:
    world.start()
    client = api_as(world.people["researcher"])
    models = client.get(f"/api/projects/{world.project.slug}/models").json()
    assert [model["main"] for model in models].count(True) == 1
    best = max(models, key=lambda model: model["validation_dsc"])
    assert best["main"]
    assert client.get(f"/api/models/{best['id']}").json()["card"] == {"network": best["name"]}


def test_one_films_history_tells_tasks_acts_masks_and_truths_in_order(world: World, api_as: Client) -> None:
    world.start()
    annotator = world.people["annotator"]
    (task,) = tasks_next(user=annotator, project=world.project)
    verdict(annotator, task, "accept")
    url = f"/api/projects/{world.project.slug}/films/{task.project_image.image_id}/history"
    history = api_as(world.people["researcher"]).get(url).json()
    assert [act["decision"] for act in history["tasks"][0]["acts"]] == ["accept"]
    assert history["tasks"][0]["acts"][0]["actor"] == annotator.pseudonym
    assert [entry["provenance"] for entry in history["repository"]] == ["accepted"]
    (mask,) = history["masks"]
    assert mask["id"] == history["repository"][0]["mask"] == str(task.proposal_id)
    assert mask["network"] in {"unet-resnet18", "unet-resnet50", "unet-densenet121"}


def test_who_reads_films_gets_their_history_only_when_they_are_settled(world: World, api_as: Client) -> None:
    both = member(world.project, Role.ANNOTATOR, Role.RESEARCHER)
    world.start()
    (task,) = tasks_next(user=both, project=world.project)
    url = f"/api/projects/{world.project.slug}/films/{task.project_image.image_id}/history"
    refused = api_as(both).get(url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "reading_is_blind")
    verdict(both, task, "accept")
    assert api_as(both).get(url).status_code == 200


def test_jobs_are_listed_without_their_requests(world: World, api_as: Client) -> None:
    world.start()
    jobs = api_as(world.people["admin"]).get(f"/api/projects/{world.project.slug}/jobs").json()
    assert jobs["count"] == 4
    assert {name for job in jobs["results"] for name in job} & {"request", "context", "result"} == set()
    assert jobs["results"][0]["kind"] == "predict"
