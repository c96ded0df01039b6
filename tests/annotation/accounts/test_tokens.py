"""Tokens: what each scope opens, when a token ends, and who may close it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.accounts.models import ApiToken, User
from annotation.accounts.scopes import every_scope, scope_needed
from annotation.accounts.services import token_issue
from annotation.projects.models import Role
from tests.factories import PASSWORD, ProjectFactory, SuperuserFactory, UserFactory, member

pytestmark = pytest.mark.django_db

NO_TOKEN = {
    "POST api/me/password", "POST api/tokens", "GET api/account", "POST api/account/second-factor/off",
    "POST api/account/recovery-codes", "GET api/account/sessions", "DELETE api/account/sessions",
    "DELETE api/account/sessions/<uuid:session_id>", "POST api/people/<uuid:person_id>/password",
    "POST api/people/<uuid:person_id>/password-link", "DELETE api/people/<uuid:person_id>/second-factor",
    "DELETE api/people/<uuid:person_id>/sessions",
}  # fmt: skip
REVIEW = {
    "POST api/projects/<slug:slug>/queue/next", "POST api/projects/<slug:slug>/guide/read",
    *(f"POST api/tasks/<uuid:task_id>/{act}" for act in (
        "open", "heartbeat", "release", "verdict", "correction", "adjudication", "selection", "verification", "report",
        "undo",
    )),
}  # fmt: skip
EXPORT = {
    "POST api/projects/<slug:slug>/datasets", "POST api/projects/<slug:slug>/datasets/<int:number>/labels",
    "GET api/projects/<slug:slug>/datasets/<int:number>/download",
    "GET api/projects/<slug:slug>/benchmarks/<int:number>/report",
    "GET api/projects/<slug:slug>/benchmarks/<int:number>/report/<path:path>",
    "GET api/projects/<slug:slug>/benchmarks/<int:number>/files",
}  # fmt: skip
WRITTEN_BY_READ = {"POST api/sign-out", "DELETE api/tokens/<uuid:token_id>"}
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def endpoints() -> dict[str, Any]:
    """``VERB path`` of every view that heeds tokens, with the view."""
    found: dict[str, Any] = {}

    def walk(patterns: Any, prefix: str) -> None:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                walk(one.url_patterns, prefix + str(one.pattern))
                continue
            view = getattr(one.callback, "cls", None)
            if view is None or "TokenAuthentication" not in str(view.authentication_classes):
                continue
            found.update({f"{verb} {prefix}{one.pattern}": view for verb in VERBS if hasattr(view, verb.lower())})

    walk(get_resolver().url_patterns, "")
    return found


def test_every_endpoint_asks_for_the_scope_of_this_table() -> None:
    asked = {name: scope_needed(view, name.split()[0]) for name, view in endpoints().items()}
    assert len(asked) > 90
    expected = {}
    for name in asked:
        reads = name.startswith("GET ") or name in WRITTEN_BY_READ
        special = [s for s, names in ((None, NO_TOKEN), ("review", REVIEW), ("export", EXPORT)) if name in names]
        expected[name] = special[0] if special else "read" if reads else "admin"
    assert asked == expected
    assert set(asked) >= NO_TOKEN | REVIEW | EXPORT | WRITTEN_BY_READ


def bearer(person: User, *scopes: str, **more: Any) -> APIClient:
    token, _ = token_issue(person, "script", scopes=scopes or None, **more)
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_token_does_what_its_scope_says_and_no_more() -> None:
    project = ProjectFactory(state="running")
    person = member(project, Role.ADMIN, Role.ANNOTATOR)
    path = f"/api/projects/{project.slug}"
    can = {
        scope: (
            client.get(path).status_code,
            client.post(f"{path}/queue/next", {"count": 1}).status_code,
            client.post(f"{path}/pause").status_code,
            client.get(f"{path}/datasets/1/download").status_code,
        )
        for scope in every_scope()
        if (client := bearer(person, scope))
    }
    assert can == {
        "read": (200, 403, 403, 403),
        "review": (403, 200, 403, 403),
        "export": (403, 403, 403, 404),
        "admin": (403, 403, 200, 403),
    }


def test_a_refusal_names_the_scope() -> None:
    answer = bearer(UserFactory(), "review").get("/api/me")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "scope_needed")
    assert "'read'" in error["message"]


def test_a_scope_gives_nothing_that_its_person_may_not() -> None:
    project = ProjectFactory(state="running")
    client = bearer(member(project, Role.ANNOTATOR))
    assert client.post(f"/api/projects/{project.slug}/pause").status_code == 403
    assert client.get("/api/people").status_code == 403


def test_no_token_makes_another_or_touches_the_account() -> None:
    boss = SuperuserFactory()
    client = bearer(boss)
    for answer in (
        client.post("/api/tokens", {"name": "more"}),
        client.post("/api/me/password", {"old_password": PASSWORD, "new_password": "one of my own 77"}),
        client.get("/api/account/sessions"),
        client.post(f"/api/people/{UserFactory().pk}/password-link"),
        client.patch(f"/api/people/{boss.pk}", {"password": "one of my own 77"}),
        client.patch(f"/api/people/{UserFactory().pk}", {"is_superuser": True}),
        client.post("/api/people", {"username": "eve", "is_superuser": True}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "session_needed")
    assert ApiToken.objects.count() == 1
    assert list(User.objects.filter(is_superuser=True)) == [boss]
    assert client.post("/api/people", {"username": "annotator"}).status_code == 201


def test_an_expired_token_opens_nothing() -> None:
    client = bearer(UserFactory(), expires_at=timezone.now() + timedelta(hours=1))
    assert client.get("/api/me").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get("/api/me")
    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]["message"]


def test_a_token_is_made_with_name_scopes_and_end(api: APIClient) -> None:
    api.force_authenticate(UserFactory())
    made = api.post("/api/tokens", {"name": "nightly", "scopes": ["export", "read"], "expires_in_days": 30})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["scopes"]) == ("nightly", ["read", "export"])
    row = ApiToken.objects.get()
    assert row.expires_at is not None
    assert abs(row.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    (listed,) = api.get("/api/tokens").json()["results"]
    assert "token" not in listed


@pytest.mark.parametrize("body", [{"scopes": []}, {"scopes": ["everything"]}, {"expires_in_days": 0}])
def test_a_token_that_cannot_be_names_its_field(api: APIClient, body: dict[str, Any]) -> None:
    api.force_authenticate(UserFactory())
    answer = api.post("/api/tokens", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"].startswith(next(iter(body)))
    assert not ApiToken.objects.exists()


def test_a_token_without_a_word_about_scopes_has_all_as_before(api: APIClient) -> None:
    api.force_authenticate(UserFactory())
    assert api.post("/api/tokens", {"name": "old script"}).json()["scopes"] == ["read", "review", "export", "admin"]
    assert ApiToken(user=UserFactory(), name="of before").scopes == every_scope()


def test_superusers_see_and_revoke_anybodys_and_others_do_not(api_as: Any) -> None:
    person = UserFactory()
    client = bearer(person)
    row = ApiToken.objects.get()
    stranger, boss = api_as(UserFactory(is_staff=True)), api_as(SuperuserFactory())
    assert stranger.get(f"/api/people/{person.pk}/tokens").status_code == 403
    assert stranger.delete(f"/api/tokens/{row.pk}").status_code == 404
    assert [one["id"] for one in boss.get(f"/api/people/{person.pk}/tokens").json()["results"]] == [str(row.pk)]
    assert client.get("/api/me").status_code == 200
    assert boss.delete(f"/api/tokens/{row.pk}").status_code == 204
    assert client.get("/api/me").status_code == 401


def test_a_token_closes_itself_and_no_other() -> None:
    person = UserFactory()
    client, other = bearer(person, "read"), token_issue(person, "other")[1]
    assert client.delete(f"/api/tokens/{other.pk}").status_code == 403
    own = ApiToken.objects.exclude(pk=other.pk).get()
    assert client.delete(f"/api/tokens/{own.pk}").status_code == 204
    other.refresh_from_db()
    assert other.revoked_at is None
