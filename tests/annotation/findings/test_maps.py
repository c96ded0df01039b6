"""Maps of what a network makes of a film's pixels, over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.findings.models import ProbabilityMap
from annotation.images.models import Image, ProjectImage
from annotation.jobs.models import Job
from annotation.jobs.services import job_dispatch, result_record
from annotation.masks.models import ModelVersion
from annotation.projects.models import Convention, Project, Role, Target
from mlbackend.contracts import FilmMap, MapRequest, MapResult, Outcome, result_key
from tests.annotation.exports.world import settled
from tests.factories import (
    MembershipFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
    RoundFactory,
    UserFactory,
    member,
)

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]


@pytest.fixture
def project(db: None) -> Project:
    """An infection project with a settled film, a main network and one that lost against it."""
    made = ProjectFactory(slug="infected", target=Target.INFECTION, convention=Convention.INFECTION)
    settled(made)
    ModelVersionFactory(project=made, encoder="densenet121", round_number=1, validation_dsc=0.5)
    main = ModelVersionFactory(project=made, encoder="resnet18", round_number=1, validation_dsc=0.7)
    RoundFactory(project=made, number=1, name="I", main_network=main)
    return made


@pytest.fixture
def rita(project: Project) -> User:
    return member(project, Role.RESEARCHER, username="rita")


def film() -> str:
    return str(Image.objects.get().pk)


def url() -> str:
    return f"/api/projects/infected/films/{film()}/maps"


def answer(outcome: Outcome = Outcome.SUCCEEDED) -> None:
    """A worker's, to the newest job of a map."""
    job = Job.objects.filter(kind="map").latest("created_at")
    job = job_dispatch(job.pk)
    request = MapRequest.from_json({**job.request, "job_id": str(job.pk), "attempt": job.attempt})
    drawn = []
    for one in request.images:
        keys = [f"jobs/{job.pk}/{one.image_id}-{what}.png" for what in ("probability", "map")]
        for key in keys:
            blobs().write(key, key.encode())
        drawn.append(FilmMap(one.image_id, 0.9, 0.25, *keys))
    result = MapResult(
        str(job.pk), job.attempt, outcome, "" if outcome == Outcome.SUCCEEDED else "the disk was full",
        films=drawn if outcome == Outcome.SUCCEEDED else [], engine="torch 2 fp32",
    )  # fmt: skip
    blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
    result_record(job.pk, job.attempt)


def test_a_researcher_asks_for_a_films_map_and_sees_it(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    before = api.get(url()).json()
    assert (before["name"], before["maps"]) == ("infection map", [])
    first, *others = [one["network"] for one in before["networks"]]
    assert first == "unet-resnet18", "the main network"
    assert [one["main"] for one in before["networks"]] == [True] + [False] * len(others)
    assert "unet-densenet121" in others
    asked = api.post(url(), {})
    assert asked.status_code == 201, asked.content
    assert (asked.json()["picture"], asked.json()["job"]["kind"]) == (None, "map")
    assert asked.json()["job"]["networks"] == ["unet-resnet18"]
    answer()
    (drawn,) = api.get(url()).json()["maps"]
    assert (drawn["highest"], drawn["shown_share"], drawn["engine"]) == (0.9, 0.25, "torch 2 fp32")
    assert (drawn["network"]["network"], drawn["network"]["round_name"]) == ("unet-resnet18", "I")
    for what, ending in (("picture", b"-map.png"), ("probability", b"-probability.png")):
        pixels = api.get(drawn[what])
        assert (pixels.status_code, pixels["Content-Type"]) == (200, "image/png")
        assert pixels.content.endswith(ending)
        assert pixels["Cache-Control"] == "private, no-store"
    assert {"map.ask", "film.see"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_a_lung_projects_is_called_a_probability_map(rita: User, api_as: Sign) -> None:
    Project.objects.update(target=Target.LUNG, convention=Convention.HEART_OUT)
    assert api_as(rita).get(url()).json()["name"] == "probability map"


def test_a_map_is_drawn_once_a_network_and_a_failed_one_again(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    first = api.post(url(), {}).json()
    again = api.post(url(), {})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert Job.objects.filter(kind="map").count() == 1
    answer(Outcome.FAILED)
    (failed,) = api.get(url()).json()["maps"]
    said = failed["job"]
    assert (said["status"], said["error"], failed["picture"]) == ("failed", "the disk was full", None)
    retried = api.post(url(), {})
    said = retried.json()["job"]
    assert (retried.status_code, said["status"], said["attempt"]) == (200, "queued", 2)
    beaten = ModelVersion.objects.get(encoder="densenet121")
    other = api.post(url(), {"network": str(beaten.pk)})
    assert (other.status_code, other.json()["network"]["network"]) == (201, "unet-densenet121")
    assert ProbabilityMap.objects.count() == 2


def test_a_network_of_another_project_and_a_project_without_one_are_refused(rita: User, api_as: Sign) -> None:
    foreign = api_as(rita).post(url(), {"network": str(ModelVersionFactory().pk)})
    assert (foreign.status_code, foreign.json()["error"]["field"]) == (400, "network")
    young = ProjectImageFactory(project__slug="young")
    MembershipFactory(project=young.project, user=rita, role=Role.RESEARCHER)
    address = f"/api/projects/young/films/{young.image_id}/maps"
    early = api_as(rita).post(address, {})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "no_network")
    assert "stage I" not in early.json()["error"]["remedy"], "not every protocol has one"
    assert api_as(rita).get(address).json()["networks"] == []
    assert not ProbabilityMap.objects.exists()


def test_before_there_is_a_main_network_the_best_that_never_saw_the_patient_draws(rita: User, api_as: Sign) -> None:
    project = Project.objects.get(slug="infected")
    project.rounds.update(main_network=None)
    group = str(Image.objects.get().patient.split_group)
    best = {"encoder": "resnet50", "validation_dsc": 0.99}
    ModelVersionFactory(project=project, trained_groups=["another", group], **best)
    ModelVersionFactory(project=project, selected_groups=[group], **best)
    fresh = ModelVersionFactory(project=project, trained_groups=["another"], encoder="vgg16", validation_dsc=0.95)
    told = api_as(rita).get(url()).json()["networks"]
    assert (told[0]["id"], told[0]["main"], told[0]["learnt_from"]) == (str(fresh.pk), False, False)
    assert [one["learnt_from"] for one in told if one["network"] == "unet-resnet50"] == [True, True]
    asked = api_as(rita).post(url(), {})
    assert (asked.status_code, asked.json()["network"]["id"]) == (201, str(fresh.pk))


def test_of_a_rounds_folds_a_film_gets_of_each_name_the_one_that_never_saw_its_patient(
    rita: User, api_as: Sign
) -> None:
    project = Project.objects.get(slug="infected")
    group = str(Image.objects.get().patient.split_group)
    fold = {"project": project, "purpose": "fold", "round_number": 2}
    for encoder in ("resnet18", "resnet50"):
        for other in range(3):
            seen = ["a", "b"] if other == 1 else ["a", group]
            ModelVersionFactory(encoder=encoder, trained_groups=seen, validation_dsc=0.5 + other / 10, **fold)
    of_all = ModelVersionFactory(encoder="vgg16", selected_groups=[group], validation_dsc=0.1, **fold)
    ModelVersionFactory(encoder="vgg16", selected_groups=[group], validation_dsc=0.05, **fold)
    told = [one for one in api_as(rita).get(url()).json()["networks"] if one["round"] == 2]
    assert sorted((one["network"], one["validation_dsc"], one["learnt_from"]) for one in told) == [
        ("unet-resnet18", 0.6, False), ("unet-resnet50", 0.6, False), ("unet-vgg16", of_all.validation_dsc, True),
    ]  # fmt: skip
    assert ModelVersion.objects.filter(pk__in=[one["id"] for one in told], purpose="fold").count() == 3


def test_who_reads_a_film_sees_no_map_of_it(rita: User, api_as: Sign) -> None:
    project = Project.objects.get(slug="infected")
    MembershipFactory(project=project, user=rita, role=Role.PHYSICIAN)
    api = api_as(rita)
    api.post(url(), {})
    answer()
    (drawn,) = api.get(url()).json()["maps"]
    task = ReviewTaskFactory(batch=ReviewBatchFactory(project=project), project_image=ProjectImage.objects.get())
    for got in (api.get(url()), api.post(url(), {}), api.get(drawn["picture"]), api.get(drawn["probability"])):
        assert (got.status_code, got.json()["error"]["code"]) == (409, "reading_is_blind")
        assert "resnet" not in got.content.decode()
    task.state = "cancelled"
    task.save()
    assert api.get(drawn["picture"]).status_code == 200


@pytest.mark.parametrize("state", ["waiting", "chosen", "denied"])
def test_who_may_come_to_read_a_film_sees_no_map_of_it_before(rita: User, api_as: Sign, state: str) -> None:
    project = Project.objects.get(slug="infected")
    ProjectImage.objects.update(state=state)
    assert api_as(rita).post(url(), {}).status_code == 201, "she reads nothing"
    MembershipFactory(project=project, user=rita, role=Role.ANNOTATOR)
    for got in (api_as(rita).get(url()), api_as(rita).post(url(), {})):
        assert (got.status_code, got.json()["error"]["code"]) == (409, "reading_is_blind")
    ProjectImage.objects.update(state="settled")
    assert api_as(rita).get(url()).status_code == 200


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN])
def test_reviewers_and_strangers_are_kept_out(rita: User, api_as: Sign, role: str) -> None:
    api_as(rita).post(url(), {})
    answer()
    (drawn,) = api_as(rita).get(url()).json()["maps"]
    for person, status in ((member(Project.objects.get(slug="infected"), role), 403), (UserFactory(), 404)):
        api = api_as(person)
        for got in (api.get(url()), api.post(url(), {}), api.get(drawn["picture"])):
            assert got.status_code == status


def test_an_archived_projects_maps_are_seen_and_no_new_one_is_drawn(rita: User, api_as: Sign) -> None:
    from django.utils import timezone

    api_as(rita).post(url(), {})
    answer()
    Project.objects.update(archived_at=timezone.now())
    (drawn,) = api_as(rita).get(url()).json()["maps"]
    assert api_as(rita).get(drawn["picture"]).status_code == 200
    assert api_as(rita).post(url(), {}).status_code == 409
