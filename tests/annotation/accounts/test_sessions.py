"""Sessions end: by time, by password, by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from annotation.accounts.models import OpenSession, User
from annotation.accounts.tasks import TASK_FORGET, forget
from tests.factories import PASSWORD, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
CLOCK = "annotation.accounts.services.sessions.time.time"


def signed_in(person: User, **headers: Any) -> APIClient:
    client = APIClient(**headers)
    assert client.post("/api/sign-in", {"username": person.username, "password": PASSWORD}).status_code == 200
    return client


def test_a_session_ends_when_its_person_was_away_for_too_long(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SESSION_IDLE_SECONDS = 600
    client, now = signed_in(UserFactory()), time.time()
    for minutes in (9, 18, 27):
        monkeypatch.setattr(CLOCK, lambda at=now + minutes * 60: at)
        assert client.get("/api/me").status_code == 200
    monkeypatch.setattr(CLOCK, lambda: now + 38 * 60)
    assert client.get("/api/me").status_code == 401
    assert not OpenSession.objects.exists()


def test_a_page_that_asks_by_itself_keeps_no_session_alive(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SESSION_IDLE_SECONDS = 600
    client, now = signed_in(UserFactory()), time.time()
    statuses = []
    for minutes in range(1, 13):
        monkeypatch.setattr(CLOCK, lambda at=now + minutes * 60 - 5: at)
        statuses.append(client.get("/api/me", HTTP_X_IDLE_SECONDS=str(minutes * 60)).status_code)
    assert statuses == [200] * 10 + [401] * 2


def test_a_session_ends_at_its_age_however_busy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SESSION_COOKIE_AGE = 3600
    client, now = signed_in(UserFactory()), time.time()
    statuses = []
    for minutes in range(10, 80, 10):
        monkeypatch.setattr(CLOCK, lambda at=now + minutes * 60 - 5: at)
        statuses.append(client.get("/api/me").status_code)
    assert statuses == [200] * 6 + [401]


def test_a_request_costs_no_write_but_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    client, now = signed_in(UserFactory()), time.time()
    with django_assert_num_queries(2):
        client.get("/api/me")
    monkeypatch.setattr(CLOCK, lambda: now + 61)
    before = OpenSession.objects.get().last_seen_at
    client.get("/api/me")
    assert OpenSession.objects.get().last_seen_at > before


def test_a_session_of_before_the_marks_goes_on_and_is_listed() -> None:
    client, person = Client(), UserFactory()
    client.force_login(person)
    assert client.get("/api/me").status_code == 200
    assert OpenSession.objects.get().user == person


def test_a_new_password_ends_all_other_sessions() -> None:
    person = UserFactory()
    here, elsewhere = signed_in(person), signed_in(person)
    body = {"old_password": PASSWORD, "new_password": "one of my own 77"}
    assert here.post("/api/me/password", body).status_code == 204
    assert here.get("/api/me").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    assert [one["is_this_one"] for one in here.get("/api/account/sessions").json()] == [True]


def test_guesses_at_the_old_password_are_throttled() -> None:
    client = signed_in(UserFactory())
    body = {"old_password": "guess", "new_password": "one of my own 77"}
    statuses = [client.post("/api/me/password", body).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


def test_a_person_sees_where_and_signs_out_there_or_everywhere_else() -> None:
    person = UserFactory()
    here = signed_in(person, HTTP_USER_AGENT="Reading room", REMOTE_ADDR="10.1.1.1")
    home, phone = signed_in(person, HTTP_USER_AGENT="Home"), signed_in(person)
    found = here.get("/api/account/sessions").json()
    assert len(found) == 3
    mine = next(one for one in found if one["is_this_one"])
    assert (mine["browser"], mine["address"]) == ("Reading room", "10.1.1.1")
    assert "session_key" not in mine
    other = next(one for one in found if one["browser"] == "Home")
    assert here.delete(f"/api/account/sessions/{other['id']}").status_code == 204
    assert home.get("/api/me").status_code == 401
    assert phone.get("/api/me").status_code == 200
    assert here.delete("/api/account/sessions").status_code == 204
    assert phone.get("/api/me").status_code == 401
    assert here.get("/api/me").status_code == 200


def test_nobody_ends_anothers_session_but_a_superuser() -> None:
    person = UserFactory()
    client, other = signed_in(person), signed_in(UserFactory())
    row = OpenSession.objects.get(user=person)
    assert other.delete(f"/api/account/sessions/{row.pk}").status_code == 404
    assert other.delete(f"/api/people/{person.pk}/sessions").status_code == 403
    assert client.get("/api/me").status_code == 200
    assert signed_in(SuperuserFactory()).delete(f"/api/people/{person.pk}/sessions").status_code == 204
    assert client.get("/api/me").status_code == 401


def test_what_has_ended_is_swept_away(settings: Any) -> None:
    assert settings.CELERY_BEAT_SCHEDULE["forget"]["task"] == TASK_FORGET
    person = UserFactory()
    client = signed_in(person)
    client.post("/api/sign-out")
    assert not OpenSession.objects.exists()
    signed_in(person)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert signed_in(person).get("/api/account/sessions").json()[0]["is_this_one"]
    forget()
    forget()
    assert (OpenSession.objects.count(), Session.objects.count()) == (1, 1)


def test_the_admin_has_no_door_of_its_own() -> None:
    client, boss = Client(), SuperuserFactory()
    answer = client.post("/admin/login/", {"username": boss.username, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/admin/jobs/job/", follow=True).redirect_chain[-1] == ("/?next=%2Fadmin%2Fjobs%2Fjob%2F", 302)
    assert client.get("/api/me").status_code == 401


def test_a_password_made_in_the_admin_is_temporary() -> None:
    client, person = Client(), UserFactory()
    elsewhere = signed_in(person)
    client.force_login(SuperuserFactory())
    form = {"password1": "a new long secret 7", "password2": "a new long secret 7", "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{person.pk}/password/", form).status_code == 302
    person.refresh_from_db()
    assert person.check_password("a new long secret 7")
    assert person.password_is_temporary
    assert elsewhere.get("/api/me").status_code == 401
