"""Links by which a person chooses a password, and the commands of a hospital that is locked out."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.accounts.models import PasswordLink, User
from annotation.common.models import AuditEvent
from tests.factories import PASSWORD, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = "a password of my own 7"


def link_for(person: User) -> str:
    """The secret of a link that a superuser makes."""
    boss = APIClient()
    boss.force_authenticate(SuperuserFactory())
    answer = boss.post(f"/api/people/{person.pk}/password-link")
    assert answer.status_code == 201
    path, _, secret = answer.json()["path"].partition("#")
    assert path == "/password"
    return str(secret)


def use(secret: str, password: str = NEW) -> Any:
    return APIClient().post("/api/password-link", {"secret": secret, "new_password": password})


def sign_in(client: APIClient, person: User, password: str) -> int:
    answer = client.post("/api/sign-in", {"username": person.username, "password": password})
    return int(answer.status_code)


def test_a_link_sets_a_password_once_and_ends_all_sessions() -> None:
    person, client = UserFactory(), APIClient()
    sign_in(client, person, PASSWORD)
    secret = link_for(person)
    assert client.get("/api/me").status_code == 200, "the old password stays until the link is used"
    looked = APIClient().post("/api/password-link/look", {"secret": secret})
    assert looked.json()["username"] == person.username
    assert use(secret).status_code == 204
    assert client.get("/api/me").status_code == 401
    assert sign_in(APIClient(), person, PASSWORD) == 400
    assert sign_in(APIClient(), person, NEW) == 200
    again = use(secret, "yet another one 77")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "link_over")
    assert sign_in(APIClient(), person, NEW) == 200


def test_a_new_link_closes_the_old_one_and_an_old_one_closes_itself() -> None:
    person = UserFactory()
    first, second = link_for(person), link_for(person)
    assert use(first).status_code == 404
    PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert use(second).status_code == 404
    assert use("never was").status_code == 404


def test_a_weak_password_is_refused_and_the_link_stays_good() -> None:
    secret = link_for(UserFactory())
    answer = use(secret, "12345678")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "new_password")
    assert use(secret).status_code == 204


def test_the_secret_stands_nowhere() -> None:
    secret = link_for(UserFactory())
    rows = [*PasswordLink.objects.values(), *AuditEvent.objects.values()]
    assert secret not in str(rows)


def test_only_superusers_make_links(api_as: Any, api: APIClient) -> None:
    person = UserFactory()
    for client, status in ((api, 401), (api_as(person), 403), (api_as(UserFactory(is_staff=True)), 403)):
        assert client.post(f"/api/people/{person.pk}/password-link").status_code == status
    assert not PasswordLink.objects.exists()


def test_a_locked_out_hospital_makes_an_admin_and_a_link_by_command() -> None:
    out = io.StringIO()
    call_command("make_admin", "nora", stdout=out)
    nora = User.objects.get(username="nora")
    assert nora.is_superuser
    secret = out.getvalue().split("/password#")[1].split()[0]
    assert use(secret).status_code == 204
    assert sign_in(APIClient(), nora, NEW) == 200
    person = UserFactory(is_active=False)
    call_command("make_admin", person.username, stdout=io.StringIO())
    person.refresh_from_db()
    assert (person.is_superuser, person.is_active) == (True, True)
    out = io.StringIO()
    call_command("password_link", person.username, stdout=out)
    assert use(out.getvalue().split("/password#")[1].split()[0]).status_code == 204


@pytest.mark.parametrize("password", ["Password1234", "123456789012345", "short-77-x"])
def test_production_refuses_common_numeric_and_short_passwords(settings: Any, password: str) -> None:
    validators = [dict(one) for one in settings.AUTH_PASSWORD_VALIDATORS]
    for one in validators:
        if one["NAME"].endswith("MinimumLengthValidator"):
            one["OPTIONS"] = {"min_length": 12}
    settings.AUTH_PASSWORD_VALIDATORS = validators
    answer = use(link_for(UserFactory()), password)
    assert answer.status_code == 400
    assert password not in answer.content.decode()


def test_a_password_like_the_name_is_refused() -> None:
    assert use(link_for(UserFactory(username="wilhelmina.roentgen")), "wilhelmina.roentgen1").status_code == 400
