"""A request that is sent again with its key gets the first answer."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.accounts.models import ApiToken, User
from annotation.common.idempotency import GIVEN_UP, KEPT
from annotation.common.models import KeptAnswer
from tests.factories import ProjectFactory, SuperuserFactory, UserFactory, member

pytestmark = pytest.mark.django_db
ApiAs = Callable[[Any], APIClient]
BODY = {"username": "dr-new"}


@pytest.fixture
def boss() -> User:
    return SuperuserFactory()


def key() -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}


def test_sent_twice_it_is_done_once_and_answered_alike(api_as: ApiAs, boss: User) -> None:
    header = key()
    first, second = (api_as(boss).post("/api/people", BODY, **header) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert User.objects.filter(**BODY).count() == 1


def test_the_same_key_for_another_body_or_address_is_a_conflict(api_as: ApiAs, boss: User) -> None:
    header, client = key(), api_as(boss)
    client.post("/api/people", BODY, **header)
    for address, body in (("/api/people", {"username": "dr-other"}), ("/api/projects", BODY)):
        answer = client.post(address, body, **header)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert not User.objects.filter(username="dr-other").exists()


def test_a_form_is_told_from_another_by_its_parts_not_by_its_boundary(api_as: ApiAs) -> None:
    project = ProjectFactory()
    client, header = api_as(member(project, "admin")), key()
    address = f"/api/projects/{project.slug}/guide"
    first, again = (client.post(address, {"text": "one"}, format="multipart", **header) for _ in range(2))
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post(address, {"text": "two"}, format="multipart", **header)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    upload, header = f"/api/projects/{project.slug}/imports", key()

    def send(content: bytes) -> Any:
        file = SimpleUploadedFile("films.zip", content)
        return client.post(upload, {"role": "pool", "file": file}, format="multipart", **header)

    with_rows = io.BytesIO()
    with zipfile.ZipFile(with_rows, "w") as archive:
        archive.writestr("manifest.csv", "image\nnowhere.png\n")
    first = send(with_rows.getvalue())
    assert first.status_code == 200, first.content
    assert send(with_rows.getvalue()).headers["Idempotency-Replayed"] == "true"
    assert send(with_rows.getvalue() + b"\0").json()["error"]["code"] == "idempotency_key_reused"


def test_what_failed_may_be_mended_under_the_same_key(api_as: ApiAs, boss: User) -> None:
    header, client = key(), api_as(boss)
    assert client.post("/api/people", {"username": "no spaces please"}, **header).status_code == 400
    assert client.post("/api/people", BODY, **header).status_code == 201


def test_one_persons_key_is_not_anothers(api_as: ApiAs, boss: User) -> None:
    header = key()
    made = api_as(boss).post("/api/people", BODY, **header)
    stranger = api_as(UserFactory()).post("/api/people", BODY, **header)
    assert stranger.status_code == 403
    assert made.json()["id"] not in stranger.content.decode()


def test_a_request_still_worked_on_is_told_apart_from_one_that_was_cut_off(api_as: ApiAs, boss: User) -> None:
    header, client = key(), api_as(boss)
    client.post("/api/people", BODY, **header)
    KeptAnswer.objects.update(status=None)
    answer = client.post("/api/people", BODY, **header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "in_progress")
    User.objects.filter(**BODY).delete()
    KeptAnswer.objects.update(created_at=timezone.now() - GIVEN_UP - timedelta(seconds=1))
    assert client.post("/api/people", BODY, **header).status_code == 201


def test_a_token_is_answered_once_and_never_kept(api_as: ApiAs) -> None:
    person, header = UserFactory(), key()
    first, second = (api_as(person).post("/api/tokens", {"name": "script"}, **header).json() for _ in range(2))
    assert first["token"] != second["token"]
    assert ApiToken.objects.count() == 2
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("wrong", ["short", "x" * 65])
def test_a_key_of_the_wrong_length_is_refused_by_name(api_as: ApiAs, boss: User, wrong: str) -> None:
    answer = api_as(boss).post("/api/people", BODY, HTTP_IDEMPOTENCY_KEY=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "Idempotency-Key"
    assert not User.objects.filter(**BODY).exists()


@pytest.mark.parametrize(("token", "status"), [("", 403), ("good", 201)])
def test_a_browsers_session_and_its_check_for_forgery_work_with_a_key_too(boss: User, token: str, status: int) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(boss)
    browser.get("/api/csrf")
    good = browser.cookies["csrftoken"].value
    headers = {"Idempotency-Key": str(uuid.uuid4()), **({"X-CSRFToken": good} if token else {})}
    for _ in range(2):
        answer = browser.post("/api/people", BODY, content_type="application/json", headers=headers)
        assert answer.status_code == status
    assert User.objects.filter(**BODY).count() == (status == 201)


def test_old_answers_go(api_as: ApiAs, boss: User) -> None:
    api_as(boss).post("/api/people", BODY, **key())
    KeptAnswer.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
    api_as(boss).post("/api/people", {"username": "dr-next"}, **key())
    assert KeptAnswer.objects.count() == 1


def test_the_schema_names_the_header_where_the_body_has_no_key(api: APIClient) -> None:
    paths = api.get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()["paths"]

    def named(path: str, verb: str = "post") -> bool:
        return any(p["name"] == "Idempotency-Key" for p in paths[path][verb].get("parameters", []))

    assert named("/api/people")
    assert named("/api/projects/{slug}/imports")
    assert named("/api/projects/{slug}/start")
    assert not named("/api/tasks/{task_id}/verdict")
    assert not named("/api/people", "get")
    assert not named("/api/sign-in")


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_browser_with_a_session_may_send_a_body_with_its_key(form: str) -> None:
    project = ProjectFactory()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(member(project, "admin"))
    token = {"HTTP_X_CSRFTOKEN": client.get("/api/csrf").json()["csrf_token"]}
    address, header = f"/api/projects/{project.slug}/guide", key()
    first, again = (client.post(address, {"text": "draw"}, format=form, **token, **header) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_session_whose_body_cannot_be_read_is_told_so_and_stays_signed_in() -> None:
    project = ProjectFactory()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(member(project, "admin"))
    token = {"HTTP_X_CSRFTOKEN": client.get("/api/csrf").json()["csrf_token"]}
    address = f"/api/projects/{project.slug}/guide"
    answer = client.post(address, b"{broken", content_type="application/json", **token, **key())
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "body")
    assert not KeptAnswer.objects.exists()
