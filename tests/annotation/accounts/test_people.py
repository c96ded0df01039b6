"""Accounts over REST: superusers change them, and nothing that a person did is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.accounts.services import token_issue
from annotation.common.models import AuditEvent, KeptAnswer
from tests.factories import PASSWORD, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
ApiAs = Callable[[Any], APIClient]


def test_a_deactivated_person_can_neither_sign_in_nor_use_a_token(api_as: ApiAs, api: APIClient) -> None:
    person, boss = UserFactory(), SuperuserFactory()
    token, _ = token_issue(person, "script")
    answer = api_as(boss).patch(f"/api/people/{person.pk}", {"is_active": False})
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert api.post("/api/sign-in", {"username": person.username, "password": PASSWORD}).status_code == 400
    assert api.get("/api/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    event = AuditEvent.objects.get(action="user.change")
    assert (event.actor, event.detail) == (boss, {"changed": {"is_active": [True, False]}, "password": False})


def test_a_new_password_takes_the_old_ones_place_and_is_never_answered(api_as: ApiAs, api: APIClient) -> None:
    person = UserFactory()
    answer = api_as(SuperuserFactory()).patch(f"/api/people/{person.pk}", {"password": "a long new secret 77"})
    assert answer.status_code == 200
    assert "secret" not in answer.content.decode()
    assert api.post("/api/sign-in", {"username": person.username, "password": PASSWORD}).status_code == 400
    body = {"username": person.username, "password": "a long new secret 77"}
    assert api.post("/api/sign-in", body).status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_the_last_superuser_stays(api_as: ApiAs, change: dict[str, bool]) -> None:
    boss = SuperuserFactory()
    SuperuserFactory(is_active=False)
    answer = api_as(boss).patch(f"/api/people/{boss.pk}", change)
    assert answer.status_code == 409
    assert answer.json()["error"]["field"] in change
    boss.refresh_from_db()
    assert boss.is_active
    assert boss.is_superuser
    SuperuserFactory()
    assert api_as(boss).patch(f"/api/people/{boss.pk}", change).status_code == 200


@pytest.mark.parametrize("body", [{"password": "123"}, {"email": "nobody"}, {"is_active": "perhaps"}])
def test_a_change_that_cannot_be_names_its_field(api_as: ApiAs, body: dict[str, Any]) -> None:
    person = UserFactory()
    answer = api_as(SuperuserFactory()).patch(f"/api/people/{person.pk}", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == next(iter(body))


def test_only_superusers_see_or_change_accounts(api_as: ApiAs, api: APIClient) -> None:
    person = UserFactory()
    for client, status in ((api, 401), (api_as(person), 403), (api_as(UserFactory(is_staff=True)), 403)):
        assert client.get(f"/api/people/{person.pk}").status_code == status
        assert client.patch(f"/api/people/{person.pk}", {"is_superuser": True}).status_code == status
    assert not User.objects.get(pk=person.pk).is_superuser
    assert not AuditEvent.objects.filter(action="user.change").exists()


def test_a_temporary_password_is_shown_once_and_asks_for_one_of_the_persons_own(api_as: ApiAs, api: APIClient) -> None:
    person, boss = UserFactory(), SuperuserFactory()
    answer = api_as(boss).post(f"/api/people/{person.pk}/password", HTTP_IDEMPOTENCY_KEY="0123456789abcdef")
    assert answer.status_code == 201
    given = answer.json()["password"]
    assert api.post("/api/sign-in", {"username": person.username, "password": PASSWORD}).status_code == 400
    signed_in = api.post("/api/sign-in", {"username": person.username, "password": given})
    assert signed_in.json()["password_is_temporary"]
    body = {"old_password": given, "new_password": "one of my own 77"}
    assert api.post("/api/me/password", body).status_code == 204
    me = api.get("/api/me")
    assert (me.status_code, me.json()["password_is_temporary"]) == (200, False), "this session goes on"
    assert given not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert not KeptAnswer.objects.exists()
    assert api.post("/api/sign-in", {"username": person.username, "password": given}).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"old_password": "not it", "new_password": "one of my own 77"}, "old_password"),
        ({"old_password": PASSWORD, "new_password": PASSWORD}, "new_password"),
        ({"old_password": PASSWORD, "new_password": "123"}, "new_password"),
    ],
)
def test_a_password_that_cannot_be_chosen_names_its_field(api_as: ApiAs, body: dict[str, str], field: str) -> None:
    person = UserFactory()
    answer = api_as(person).post("/api/me/password", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert PASSWORD not in answer.content.decode()
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_nobody_but_a_superuser_makes_passwords_for_others(api_as: ApiAs, api: APIClient) -> None:
    person = UserFactory()
    for client, status in ((api, 401), (api_as(person), 403), (api_as(UserFactory(is_staff=True)), 403)):
        assert client.post(f"/api/people/{person.pk}/password").status_code == status
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)
