"""Who sees which film and which mask, over two sibling projects; and what the answers must not tell."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as PillowImage

from annotation.common.blobs import blobs
from annotation.images.models import DuplicateLink, Image
from annotation.masks import permissions
from annotation.masks.models import MaskKind
from tests.annotation.images.files import saved
from tests.factories import (
    ImageFactory,
    MaskFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    SuperuserFactory,
    UserFactory,
    member,
    token_for,
)
from tests.support.pictures import lungs_hw

pytestmark = pytest.mark.django_db
ROLES = ["annotator", "physician", "researcher", "admin"]


class World:
    """Two sibling projects with a film and a mask each, and one person for every role in each."""

    def __init__(self) -> None:
        self.mine, self.theirs = ProjectFactory(), ProjectFactory()
        self.film = ProjectImageFactory(project=self.mine).image
        self.mask = MaskFactory(project=self.mine, image=self.film, kind=MaskKind.CANDIDATE)
        self.people: dict[str, Any] = {role: member(self.mine, role) for role in ROLES}
        self.people |= {f"their {role}": member(self.theirs, role) for role in ROLES}
        self.people |= {"stranger": UserFactory(), "superuser": SuperuserFactory()}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(permissions, "_viewers", [])
    return World()


ALL = [*ROLES, *(f"their {role}" for role in ROLES), "stranger", "superuser"]
MEMBERS = {*ROLES, "superuser"}
RESEARCH = {"researcher", "admin", "superuser"}
TABLE: list[tuple[str, set[str], int]] = [
    ("/api/images/{film}", MEMBERS, 404),
    ("/api/images/{film}/pixels", MEMBERS, 404),
    ("/api/masks/{mask}/pixels", RESEARCH, 404),
    ("/api/projects/{mine}/images", RESEARCH, 403),
    ("/api/projects/{mine}/masks/{mask}", RESEARCH, 403),
]


@pytest.mark.parametrize("who", ALL)
@pytest.mark.parametrize(("url", "allowed", "refusal"), TABLE, ids=[row[0] for row in TABLE])
def test_who_may_read(
    who: str, url: str, allowed: set[str], refusal: int, world: World, api_as: Callable[[Any], Any]
) -> None:
    path = url.format(film=world.film.pk, mask=world.mask.pk, mine=world.mine.slug)
    status = api_as(world.people[who]).get(path).status_code
    outsider = who.startswith("their") or who == "stranger"
    assert status == (200 if who in allowed else 404 if outsider else refusal)


def test_nobody_reads_without_signing_in(world: World, api: Any) -> None:
    for url, _, _ in TABLE:
        path = url.format(film=world.film.pk, mask=world.mask.pk, mine=world.mine.slug)
        assert api.get(path).status_code == 401


def test_a_mask_of_a_sibling_project_on_the_same_film_stays_hidden(world: World, api_as: Callable[[Any], Any]) -> None:
    ProjectImageFactory(project=world.theirs, image=world.film)
    client = api_as(world.people["their admin"])
    assert client.get(f"/api/images/{world.film.pk}").status_code == 200
    assert client.get(f"/api/masks/{world.mask.pk}/pixels").status_code == 404
    assert client.get(f"/api/projects/{world.theirs.slug}/masks/{world.mask.pk}").status_code == 404


def test_a_registered_rule_shows_a_mask_to_its_reviewer_and_to_no_outsider(
    world: World, api_as: Callable[[Any], Any]
) -> None:
    permissions.register_viewer(lambda user, mask: user.pk != world.people["physician"].pk)
    path = f"/api/masks/{world.mask.pk}/pixels"
    codes = {who: api_as(world.people[who]).get(path).status_code for who in ALL}
    assert codes["annotator"] == 200
    assert codes["physician"] == codes["their annotator"] == codes["stranger"] == 404


def test_a_reviewer_sees_nothing_of_a_film_that_could_sway_a_verdict(
    world: World, api_as: Callable[[Any], Any]
) -> None:
    seen = api_as(world.people["annotator"]).get(f"/api/images/{world.film.pk}").json()
    assert set(seen) == {"id", "width", "height", "bits", "view", "spacing_mm", "window"}


def test_no_answer_holds_a_patients_identifier_or_a_files_name(world: World, api_as: Callable[[Any], Any]) -> None:
    patient = world.film.patient
    patient.identifier = "PHI-Jane-Doe"
    patient.save()
    Image.objects.filter(pk=world.film.pk).update(file_name="PHI-Jane-Doe.png")
    client = api_as(world.people["admin"])
    for url, _, _ in TABLE:
        answer = client.get(url.format(film=world.film.pk, mask=world.mask.pk, mine=world.mine.slug))
        assert b"PHI" not in answer.content
        assert "PHI" not in str(answer.headers)


def test_pixels_are_the_stored_file_and_may_be_kept_by_their_viewer_alone(
    world: World, api_as: Callable[[Any], Any]
) -> None:
    client = api_as(world.people["annotator"])
    answer = client.get(f"/api/images/{world.film.pk}/pixels", HTTP_ACCEPT="image/png")
    assert answer.content == blobs().read(world.film.rendition_key)
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"].startswith("private, max-age=")
    assert "immutable" in answer["Cache-Control"]
    assert "Authorization" in answer["Vary"]
    again = client.get(f"/api/images/{world.film.pk}/pixels", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_pixels_shrink_on_demand_and_never_grow(world: World, api_as: Callable[[Any], Any]) -> None:
    client = api_as(world.people["annotator"])

    def size(query: str) -> tuple[int, int]:
        return PillowImage.open(io.BytesIO(client.get(f"/api/images/{world.film.pk}/pixels{query}").content)).size

    assert size("?max=32") == (32, 24)
    assert size("?max=4000") == size("") == (64, 48)
    for bad in ("0", "-1", "x", "99999999999"):
        answer = client.get(f"/api/images/{world.film.pk}/pixels?max={bad}")
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == "max"


def test_a_16_bit_film_is_shown_in_8_bits(world: World, api_as: Callable[[Any], Any]) -> None:
    deep = np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)
    blobs().write(world.film.rendition_key, saved(PillowImage.fromarray(deep)))
    Image.objects.filter(pk=world.film.pk).update(bits=16, window=[32768, 65536])
    client = api_as(world.people["annotator"])
    answers = [client.get(f"/api/images/{world.film.pk}/pixels").content for _ in range(2)]
    assert answers[0] == answers[1]
    shown = np.asarray(PillowImage.open(io.BytesIO(answers[0])))
    assert shown.dtype == np.uint8
    assert np.abs(shown - deep / 257).max() <= 1


def test_masks_of_different_networks_have_the_same_headers(world: World, api_as: Callable[[Any], Any]) -> None:
    pixels = lungs_hw(world.film.height, world.film.width)
    person = world.people["researcher"]
    made = [
        MaskFactory(
            project=world.mine, image=world.film, kind=MaskKind.CANDIDATE, pixels=pixels,
            model_version=ModelVersionFactory(project=world.mine, encoder=encoder),
        )
        for encoder in ("resnet18", "densenet121")
    ]  # fmt: skip
    made.append(MaskFactory(project=world.mine, image=world.film, pixels=pixels))
    # The same mask as another program would write it.
    blobs().write(made[1].storage_key, saved(PillowImage.fromarray(pixels.astype(np.uint8) * 255), optimize=True))
    answers = [api_as(person).get(f"/api/masks/{mask.pk}/pixels") for mask in made]
    assert len({answer.content for answer in answers}) == 1
    # A request's id is made at random, for whatever mask.
    headers = [{k: v for k, v in answer.headers.items() if k not in ("ETag", "X-Request-ID")} for answer in answers]
    assert headers[0] == headers[1] == headers[2]
    assert [answer["ETag"] for answer in answers] == [f'"{mask.pk}"' for mask in made]
    for answer, mask in zip(answers, made, strict=True):
        assert mask.sha256[:12] not in str(answer.headers)


def test_pixels_cost_few_queries(world: World, api: Any, django_capture_on_commit_callbacks: Any) -> None:
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(world.people['researcher'])}")
    # The first look at a film in an hour is written down as well.
    with django_capture_on_commit_callbacks(execute=True):
        api.get(f"/api/images/{world.film.pk}/pixels")
    for path in (f"/api/images/{world.film.pk}/pixels", f"/api/masks/{world.mask.pk}/pixels"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api.get(path).status_code == 200
        assert len(queries) <= 3, [query["sql"] for query in queries]


def test_a_lost_file_is_a_404_in_words(world: World, api_as: Callable[[Any], Any]) -> None:
    blobs().delete(world.mask.storage_key)
    blobs().delete(world.film.rendition_key)
    client = api_as(world.people["researcher"])
    for path in (f"/api/images/{world.film.pk}/pixels", f"/api/masks/{world.mask.pk}/pixels"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "lost" in answer.json()["error"]["message"]


def test_films_are_listed_by_role_state_split_label_and_source(world: World, api_as: Callable[[Any], Any]) -> None:
    seed = ProjectImageFactory(
        project=world.mine, role="seed", state="settled", split="validation", image=ImageFactory(label="covid")
    )
    client = api_as(world.people["researcher"])

    def ids(query: str) -> list[str]:
        return [row["id"] for row in client.get(f"/api/projects/{world.mine.slug}/images?{query}").json()["results"]]

    assert ids("") == [str(world.film.pk), str(seed.image_id)]
    for query in ("role=seed", "state=settled", "split=validation", "label=covid", f"source={seed.image.source.name}"):
        assert ids(query) == [str(seed.image_id)]
    assert ids("split=training") == ids("role=pool") == [str(world.film.pk)]
    assert client.get(f"/api/projects/{world.mine.slug}/images?role=king").status_code == 400
    assert len(ids("limit=1")) == 1


def test_near_duplicates_are_named_only_where_they_may_be_seen(world: World, api_as: Callable[[Any], Any]) -> None:
    hidden = ProjectImageFactory(project=world.theirs).image
    shown = ProjectImageFactory(project=world.mine).image
    for other in (hidden, shown):
        DuplicateLink.objects.create(first=world.film, second=other, hamming=1, correlation=0.9)
    seen = api_as(world.people["researcher"]).get(f"/api/images/{world.film.pk}").json()
    assert seen["near_duplicates"] == [str(shown.pk)]


def test_lineage_names_network_and_job(world: World, api_as: Callable[[Any], Any]) -> None:
    answer = api_as(world.people["researcher"]).get(f"/api/projects/{world.mine.slug}/masks/{world.mask.pk}").json()
    assert answer["network"]["name"] == "unet-resnet18"
    assert (answer["kind"], answer["parents"], answer["ancestors"]) == ("candidate", [], [])
