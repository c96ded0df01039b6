"""What stands in the header of every answer, and who may keep a copy of which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from annotation.common.bodies import JSON_MAX_BYTES
from annotation.config.headers import POLICY, PRIVATE
from annotation.projects.models import Role
from tests.annotation.access.table import PAGES_BUILT
from tests.annotation.exports.world import settled
from tests.factories import ProjectFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PICTURE = "private, max-age=86400, immutable"
STATIC = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"
ANSWERS = [
    ("/", 200 if PAGES_BUILT else 503),
    ("/api/me", 401),
    ("/api/csrf", 200),
    ("/api/nowhere", 404),
    ("/api/docs", 200),
    ("/api/docs?script=", 200),
    ("/api/schema", 200),
    ("/admin/", 302),
    ("/admin/login/", 302),
    ("/health/live", 200),
    ("/static/nothing.js", 404),
    (STATIC, 200),
]


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_every_answer_says_what_a_page_may_load_and_do(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    told = answer.headers
    policy = {
        name: value for name, _, value in (part.partition(" ") for part in told["Content-Security-Policy"].split("; "))
    }
    assert policy == POLICY
    assert not [value for value in policy.values() if "unsafe" in value or "*" in value or "http" in value]
    assert "camera=()" in told["Permissions-Policy"]
    assert told["Referrer-Policy"] == told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert "private" in told["Cache-Control"] or "no-store" in told["Cache-Control"] or path == STATIC


@pytest.mark.parametrize(
    ("path", "kept", "varies"),
    [
        ("/api/images/{image}/pixels", PICTURE, True),
        ("/api/images/{image}/pixels?max=64", PICTURE, True),
        ("/api/images/{image}/thumbnail", PICTURE, True),
        ("/api/masks/{mask}/pixels", PICTURE, True),
        ("/api/masks/{mask}/outline", PICTURE, True),
        ("/api/images/{image}", PRIVATE, False),
        ("/api/projects/{slug}", PRIVATE, False),
        ("/api/projects/{slug}/films", PRIVATE, False),
        ("/api/projects/{slug}/films/{image}/history", PRIVATE, False),
        ("/api/me", PRIVATE, False),
    ],
)
def test_films_and_masks_are_kept_by_their_viewer_alone_and_all_else_by_nobody(
    api_as: Callable[[Any], APIClient], path: str, kept: str, varies: bool
) -> None:
    project = ProjectFactory()
    film = settled(project)
    names = {"slug": project.slug, "image": film.image_id, "mask": film.image.masks.get().pk}
    researcher = member(project, Role.RESEARCHER)
    answer = api_as(researcher).get(path.format(**names))
    assert (answer.status_code, answer["Cache-Control"]) == (200, kept)
    if not varies:
        return
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
    again = api_as(researcher).get(path.format(**names), HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again["Cache-Control"], again["Vary"]) == (304, kept, answer["Vary"])
    # Whoever knows the tag of a picture has not been shown it.
    stranger = api_as(member(ProjectFactory(), Role.RESEARCHER)).get(
        path.format(**names), HTTP_IF_NONE_MATCH=answer["ETag"]
    )
    assert (stranger.status_code, stranger["Cache-Control"]) == (404, PRIVATE)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("application/json", JSON_MAX_BYTES + 1),
        ("multipart/form-data; boundary=x", 66 * 1024**2),
        ("text/plain", JSON_MAX_BYTES + 1),
    ],
)
def test_a_request_that_is_too_large_is_refused_unread(client: Client, kind: str, size: int) -> None:
    answer = client.generic("POST", "/api/tokens", b"{}", content_type=kind, CONTENT_LENGTH=str(size))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_an_upload_of_films_may_be_larger_than_other_requests(client: Client) -> None:
    sent: dict[str, Any] = {"content_type": "multipart/form-data; boundary=x"}
    answer = client.generic("POST", "/api/projects/any/imports", b"-", CONTENT_LENGTH=str(2 * 1024**3), **sent)
    assert answer.status_code == 401
    larger = client.generic("POST", "/api/projects/any/imports", b"-", CONTENT_LENGTH=str(5 * 1024**3), **sent)
    assert larger.status_code == 413


@pytest.mark.parametrize(
    "body", ["[" * 200_000, '{"a":' * 100_000, '{"username": "\\ud800"}', '{"username": "a\\u0000"}']
)
def test_json_that_cannot_be_stored_is_refused_in_words(client: Client, body: str) -> None:
    answer = client.post("/api/tokens", body, content_type="application/json")
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]
