"""What networks find on a project's films, over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.findings.models import FindingSet
from annotation.images.models import Image
from annotation.jobs.models import Job
from annotation.jobs.services import job_dispatch, result_record
from annotation.projects.models import Convention, Project, Role, Target
from mlbackend.contracts import FilmFinding, FindingsRequest, FindingsResult, Outcome, Shares, result_key
from tests.annotation.exports.world import settled
from tests.factories import (
    MembershipFactory,
    ModelVersionFactory,
    PatientFactory,
    ProjectFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
    RoundFactory,
    UserFactory,
    member,
)

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]
URL = "/api/projects/chest/findings"


@pytest.fixture
def rita(db: None) -> User:
    """A researcher of a lung and an infection project; three settled films of one patient, a main network each."""
    lung = ProjectFactory(slug="chest")
    infection = ProjectFactory(slug="infected", target=Target.INFECTION, convention=Convention.INFECTION)
    patient = PatientFactory()
    for day in ("20200303", "20200301", "20200309"):
        film = settled(lung)
        Image.objects.filter(pk=film.image_id).update(patient=patient, metadata={"study_date": day})
    person = member(lung, Role.RESEARCHER, username="rita")
    MembershipFactory(project=infection, user=person, role=Role.RESEARCHER)
    for project in (lung, infection):
        RoundFactory(project=project, main_network=ModelVersionFactory(project=project))
    return person


def films() -> list[str]:
    return [str(one) for one in Image.objects.order_by("created_at").values_list("pk", flat=True)]


def answer(job: Job) -> None:
    """A worker's: a tenth of the lungs is infected on the first film, two tenths on the second ..."""
    job = job_dispatch(job.pk)
    request = FindingsRequest.from_json({**job.request, "job_id": str(job.pk), "attempt": job.attempt})
    found = []
    for number, film in enumerate(request.images, start=1):
        for what in ("lungs", "infection", "overlay"):
            blobs().write(f"found/{film.image_id}-{what}.png", what.encode())
        found.append(
            FilmFinding(
                film.image_id, 500, True, 0.9, Shares(number / 10, number / 10, None),
                *(f"found/{film.image_id}-{what}.png" for what in ("lungs", "infection", "overlay")),
            )
        )  # fmt: skip
    result = FindingsResult(str(job.pk), job.attempt, Outcome.SUCCEEDED, films=found)
    blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
    result_record(job.pk, job.attempt)


def test_films_are_asked_about_and_the_answer_holds_shares_pictures_and_courses(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    asked = api.post(URL, {"films": films(), "join": "infected"})
    assert asked.status_code == 201, asked.content
    assert (asked.json()["findings"], asked.json()["job"]["status"]) == ([], "created")
    assert asked.json()["job"]["networks"] == ["unet-resnet18", "unet-resnet18"]
    answer(FindingSet.objects.get().job)
    found = api.get(f"{URL}/1").json()
    assert [film["film"] for film in found["findings"]] == films()
    assert [film["infected"]["both"] for film in found["findings"]] == [0.1, 0.2, 0.3]
    (course,) = found["courses"]
    assert [point["infected"]["both"] for point in course["points"]] == [0.2, 0.1, 0.3]
    days = [date.fromisoformat(point["taken_on"]) for point in course["points"]]
    assert [(day - days[0]).days for day in days] == [0, 2, 8], "the days themselves do not leave, their distances do"
    assert (found["lungs"]["project"], found["infection"]["project"]) == ("chest", "infected")
    picture = api.get(f"{URL}/1/films/{films()[0]}/overlay")
    assert (picture.content, picture["Content-Type"]) == (b"overlay", "image/png")
    assert picture["Cache-Control"] == "private, no-store"
    assert api.get(f"{URL}/1/films/{films()[0]}/heart").status_code == 404
    assert [row["number"] for row in api.get(URL).json()["results"]] == [1]


def test_a_lung_project_alone_is_asked_for_lungs(rita: User, api_as: Sign) -> None:
    assert api_as(rita).post(URL, {"films": films()[:1]}).json()["infection"] is None


def test_an_infection_project_needs_lungs(rita: User, api_as: Sign) -> None:
    infected = Project.objects.get(slug="infected")
    film = settled(infected)
    asked = api_as(rita).post("/api/projects/infected/findings", {"films": [str(film.image_id)]})
    assert asked.json()["error"]["remedy"] == "name a lung project in join"
    joined = api_as(rita).post("/api/projects/infected/findings", {"films": [str(film.image_id)], "join": "chest"})
    assert joined.status_code == 201
    assert joined.json()["lungs"]["project"] == "chest"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"films": []}, 400, "films"),
        ({"films": ["no id"]}, 400, "films"),
        ({"films": ["00000000-0000-0000-0000-000000000000"]}, 400, "films"),
        ({"join": "nowhere"}, 404, "project"),
        ({"join": "chest"}, 400, "join"),
        ({"threshold": 2}, 400, "threshold"),
    ],
)
def test_a_wrong_entry_is_named(rita: User, api_as: Sign, body: dict[str, Any], status: int, field: str) -> None:
    asked = api_as(rita).post(URL, {"films": films(), **body})
    assert asked.status_code == status, asked.content
    assert asked.json()["error"]["field"].startswith(field)
    assert not FindingSet.objects.exists()


def test_a_film_named_twice_and_a_project_without_a_network_are_refused(rita: User, api_as: Sign) -> None:
    twice = api_as(rita).post(URL, {"films": films()[:1] * 2})
    assert twice.json()["error"]["remedy"] == "name each film once"
    ProjectFactory(slug="new", target=Target.INFECTION, convention=Convention.INFECTION)
    MembershipFactory(project=Project.objects.get(slug="new"), user=rita, role=Role.RESEARCHER)
    early = api_as(rita).post(URL, {"films": films(), "join": "new"})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "no_network")


def test_who_reads_a_film_learns_nothing_of_it(rita: User, api_as: Sign) -> None:
    project = Project.objects.get(slug="chest")
    MembershipFactory(project=project, user=rita, role=Role.ANNOTATOR)
    api = api_as(rita)
    api.post(URL, {"films": films()})
    answer(FindingSet.objects.get().job)
    read = project.project_images.order_by("image__created_at").first()
    ReviewTaskFactory(batch=ReviewBatchFactory(project=project), project_image=read)
    shown = api.get(f"{URL}/1").json()["findings"]
    assert [film["withheld"] for film in shown] == [True, False, False]
    assert shown[0]["lung_pixels"] is None
    hidden = api.get(f"{URL}/1/films/{films()[0]}/lungs")
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (409, "reading_is_blind")
    again = api.post(URL, {"films": films()})
    assert (again.status_code, again.json()["error"]["value"]) == (409, films()[0])


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN])
def test_reviewers_and_strangers_are_kept_out(rita: User, api_as: Sign, role: str) -> None:
    api_as(rita).post(URL, {"films": films(), "join": "infected"})
    answer(FindingSet.objects.get().job)
    for person, status in ((member(Project.objects.get(slug="chest"), role), 403), (UserFactory(), 404)):
        api = api_as(person)
        assert api.get(URL).status_code == status
        assert api.post(URL, {"films": films()}).status_code == status
        assert api.get(f"{URL}/1").status_code == status
        assert api.get(f"{URL}/1/films/{films()[0]}/overlay").status_code == status
    half = api_as(member(Project.objects.get(slug="chest"), Role.RESEARCHER))
    assert half.get(f"{URL}/1").status_code == 404, "the other network's project is not theirs"
    assert half.get(URL).json()["results"] == []
    assert FindingSet.objects.count() == 1
