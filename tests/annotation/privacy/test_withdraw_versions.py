"""Versions, label histories, benchmarks and findings that hold a withdrawn film."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.benchmarks.models import RunState
from annotation.benchmarks.services import benchmark_retry, benchmark_start
from annotation.common.blobs import blobs
from annotation.common.errors import Gone, Missing
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze, dataset_zip
from annotation.findings.maps.services import map_ask
from annotation.findings.models import FindingSet
from annotation.images.models import Image, ProjectImage
from annotation.jobs.models import Job
from annotation.privacy.services import patient_withdraw
from annotation.projects.models import Project, Role
from mlbackend.contracts import BenchmarkWish
from tests.annotation.exports.world import settled
from tests.annotation.findings.test_api import answer
from tests.annotation.findings.test_maps import answer as answer_map
from tests.factories import ModelVersionFactory, ProjectFactory, RoundFactory, member

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]
WISH = BenchmarkWish(config="reduced", tasks=["lung"], schemes=["parallel"])


@pytest.fixture
def lung() -> Project:
    """Twelve settled films."""
    project = ProjectFactory(slug="lung")
    for _ in range(12):
        settled(project)
    return project


@pytest.fixture
def gone(lung: Project) -> ProjectImage:
    """The film whose patient will be withdrawn."""
    film = ProjectImage.objects.filter(project=lung).order_by("created_at").first()
    assert film is not None
    return film


def withdraw(film: ProjectImage) -> Any:
    name = film.image.patient.identifier
    return patient_withdraw(identifier=name, confirmation=name, actor=None)


def test_a_version_that_holds_the_film_answers_410_and_keeps_its_checksum(
    lung: Project, gone: ProjectImage, api_as: Sign
) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    before = version.content_sha256
    withdraw(gone)
    client = api_as(member(lung, Role.RESEARCHER))
    answer = client.get("/api/projects/lung/datasets/1/download")
    assert answer.status_code == 410
    assert "a patient who was withdrawn" in answer.json()["error"]["message"]
    assert "freeze a new version" in answer.json()["error"]["remedy"]
    told = client.get("/api/projects/lung/datasets/1").json()
    assert (told["withdrawn_films"], told["content_sha256"]) == (1, before)
    with pytest.raises(Gone):
        dataset_zip(version)


def test_the_next_version_holds_all_the_other_films(lung: Project, gone: ProjectImage, api_as: Sign) -> None:
    dataset_freeze(projects=[lung], actor=None)
    withdraw(gone)
    client = api_as(member(lung, Role.RESEARCHER))
    made = client.post("/api/projects/lung/datasets", {})
    assert (made.status_code, made.json()["number"], made.json()["films"]) == (201, 2, 11)
    files = b"".join(client.get("/api/projects/lung/datasets/2/download").streaming_content)
    assert str(gone.image_id).encode() not in files


def test_versions_of_other_films_stay(lung: Project, gone: ProjectImage) -> None:
    other = ProjectFactory(slug="other")
    settled(other)
    version = dataset_freeze(projects=[other], actor=None)
    withdraw(gone)
    assert b"".join(dataset_zip(version))


def test_a_benchmark_on_it_stops_loses_its_files_and_is_not_tried_again(lung: Project, gone: ProjectImage) -> None:
    admin = member(lung, Role.ADMIN)
    version = dataset_freeze(projects=[lung], actor=None)
    run = benchmark_start(version=version, wish=WISH, actor=admin)
    blobs().write(run.prefix + "report/film.png", b"shows the film")
    withdraw(gone)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert blobs().list(run.prefix) == []
    with pytest.raises(Gone):
        benchmark_retry(run=run, actor=admin)
    with pytest.raises(Gone):
        benchmark_start(version=version, wish=WISH, actor=admin)


def test_findings_on_the_film_and_their_pictures_go_and_others_stay(
    lung: Project, gone: ProjectImage, api_as: Sign
) -> None:
    RoundFactory(project=lung, main_network=ModelVersionFactory(project=lung))
    researcher = member(lung, Role.RESEARCHER)
    films = [str(pk) for pk in ProjectImage.objects.order_by("created_at").values_list("image_id", flat=True)[:2]]
    client = api_as(researcher)
    assert client.post("/api/projects/lung/findings", {"films": films}).status_code == 201
    answer(FindingSet.objects.get().job)
    assert films[0] == str(gone.image_id)

    withdraw(gone)

    told = client.get("/api/projects/lung/findings/1").json()
    assert [one["film"] for one in told["findings"]] == films[1:]
    assert not blobs().exists(f"found/{films[0]}-overlay.png")
    assert blobs().exists(f"found/{films[1]}-overlay.png")
    assert films[0] not in str(Job.objects.get(kind="findings").result)


def test_a_map_of_the_film_goes_and_one_on_its_way_is_not_drawn(lung: Project, gone: ProjectImage) -> None:
    RoundFactory(project=lung, main_network=ModelVersionFactory(project=lung))
    researcher = member(lung, Role.RESEARCHER)
    map_ask(project=lung, image_id=gone.image_id, actor=researcher)
    answer_map()
    (drawn,) = Job.objects.get(kind="map").result["films"]
    beaten = ModelVersionFactory(project=lung)
    coming, _ = map_ask(project=lung, image_id=gone.image_id, actor=researcher, network_id=beaten.pk)

    withdraw(gone)

    assert not blobs().exists(drawn["picture_key"])
    assert not blobs().exists(drawn["probability_key"])
    assert str(gone.image_id) not in str([job.result for job in Job.objects.filter(kind="map")])
    coming.job.refresh_from_db()
    assert coming.job.status == "cancelled"
    assert Job.objects.filter(kind="map").count() == 2, "no other job is worth asking"
    with pytest.raises(Missing):
        map_ask(project=lung, image_id=gone.image_id, actor=researcher)


def test_no_list_and_no_address_shows_the_film_any_more(lung: Project, gone: ProjectImage, api_as: Sign) -> None:
    dataset_freeze(projects=[lung], actor=None)
    mask = gone.repository.get().mask_id
    withdraw(gone)
    assert Image.objects.filter(pk=gone.image_id, withdrawn_at__isnull=False).exists(), "the version points to it"
    client = api_as(member(lung, Role.ADMIN))
    assert client.get("/api/projects/lung/films").json()["count"] == 11
    assert client.get("/api/projects/lung/images").json()["count"] == 11
    for address in (
        f"/api/images/{gone.image_id}", f"/api/images/{gone.image_id}/pixels", f"/api/images/{gone.image_id}/thumbnail",
        f"/api/masks/{mask}/pixels", f"/api/masks/{mask}/outline", f"/api/projects/lung/films/{gone.image_id}/history",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert DatasetVersion.objects.get().items.filter(image=gone.image).exists()
