"""Signing in by session and by token."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from annotation.accounts.models import ApiToken, User
from annotation.accounts.services import token_issue, token_revoke
from annotation.common.models import AuditEvent
from tests.factories import PASSWORD, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict() -> APIClient:
    """A client that is held to CSRF, as a browser is."""
    return APIClient(enforce_csrf_checks=True)


def csrf(client: APIClient) -> dict[str, str]:
    return {"HTTP_X_CSRFTOKEN": client.get("/api/csrf").json()["csrf_token"]}


def test_a_person_signs_in_works_and_signs_out(strict: APIClient) -> None:
    person = UserFactory()
    body = {"username": person.username, "password": PASSWORD}
    answer = strict.post("/api/sign-in", body, **csrf(strict))
    assert answer.status_code == 200
    assert answer.json()["username"] == person.username
    assert '"password"' not in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert strict.get("/api/me").json()["pseudonym"] == person.pseudonym
    assert strict.post("/api/sign-out", **csrf(strict)).status_code == 204
    assert strict.get("/api/me").status_code == 401


def test_signing_in_needs_the_csrf_token(strict: APIClient) -> None:
    person = UserFactory()
    answer = strict.post("/api/sign-in", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 403
    assert strict.get("/api/me").status_code == 401


def test_a_session_cannot_write_without_the_csrf_token(strict: APIClient) -> None:
    person = UserFactory()
    strict.post("/api/sign-in", {"username": person.username, "password": PASSWORD}, **csrf(strict))
    assert strict.post("/api/tokens", {"name": "stolen"}).status_code == 403
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_get_one_answer(api: APIClient, wrong: dict[str, str]) -> None:
    person = UserFactory()
    answer = api.post("/api/sign-in", {"username": person.username, "password": PASSWORD, **wrong})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "wrong_credentials"
    assert "value" not in answer.json()["error"]


def test_a_closed_account_cannot_sign_in(api: APIClient) -> None:
    person = UserFactory(is_active=False)
    body = {"username": person.username, "password": PASSWORD}
    assert api.post("/api/sign-in", body).status_code == 400
    assert api.post("/api/tokens", body).status_code == 400


def test_a_token_is_shown_once_and_stored_as_a_digest(api: APIClient) -> None:
    person = UserFactory()
    answer = api.post("/api/tokens", {"username": person.username, "password": PASSWORD, "name": "script"})
    assert answer.status_code == 201
    token = answer.json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/me").json()["username"] == person.username
    listed = api.get("/api/tokens").content.decode()
    assert "script" in listed
    row = ApiToken.objects.get()
    assert row.digest == ApiToken.digest_of(token)
    for text in (listed, json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))):
        assert token not in text
        assert row.digest not in text


def test_a_revoked_token_opens_nothing(api: APIClient) -> None:
    token, row = token_issue(UserFactory(), "script")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.delete(f"/api/tokens/{row.pk}").status_code == 204
    assert api.get("/api/me").status_code == 401


def test_revoking_twice_keeps_the_first_time() -> None:
    _, row = token_issue(UserFactory(), "script")
    first = token_revoke(row).revoked_at
    assert token_revoke(row).revoked_at == first
    assert AuditEvent.objects.filter(action="token.revoke").count() == 1


def test_somebody_elses_token_is_not_there(api: APIClient) -> None:
    _, row = token_issue(UserFactory(), "theirs")
    api.force_authenticate(UserFactory())
    assert api.delete(f"/api/tokens/{row.pk}").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None
    assert api.get("/api/tokens").json()["results"] == []


@pytest.mark.parametrize("body", [{}, {"username": "x"}, {"password": "x"}])
def test_a_token_for_nobody_is_refused(api: APIClient, body: dict[str, str]) -> None:
    assert api.post("/api/tokens", body).status_code == 400
    assert not ApiToken.objects.exists()


def test_superusers_make_accounts_and_see_them(api: APIClient) -> None:
    api.force_authenticate(SuperuserFactory())
    answer = api.post("/api/people", {"username": "anna", "password": "a long password"})
    assert answer.status_code == 201
    assert set(answer.json()).isdisjoint({"password"})
    assert User.objects.get(username="anna").check_password("a long password")
    assert "anna" in [person["username"] for person in api.get("/api/people").json()["results"]]
    again = api.post("/api/people", {"username": "anna"})
    assert again.status_code == 400
    assert again.json()["error"]["field"] == "username"


@pytest.mark.parametrize("staff", [False, True])
def test_others_neither_make_nor_see_accounts(api: APIClient, staff: bool) -> None:
    api.force_authenticate(UserFactory(is_staff=staff))
    before = User.objects.count()
    assert api.get("/api/people").status_code == 403
    assert api.post("/api/people", {"username": "eve", "is_superuser": True}).status_code == 403
    assert User.objects.count() == before


def test_a_person_without_a_password_cannot_sign_in_with_an_empty_one(api: APIClient) -> None:
    api.force_authenticate(SuperuserFactory())
    api.post("/api/people", {"username": "robot"})
    assert not User.objects.get(username="robot").has_usable_password()
