"""Who gets in, over two sibling projects: a leak from one to the other shows here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.common.models import AuditEvent
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.projects.models import DrawingGuide, GuideReading, Membership, Project, Role
from annotation.projects.services import guide_write
from tests.annotation.exports.world import settled
from tests.factories import PASSWORD, ProjectFactory, UserFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ROLES = [Role.ANNOTATOR, Role.PHYSICIAN, Role.ADMIN, Role.RESEARCHER]
EVERYBODY = frozenset(ROLES)
ADMIN = frozenset({Role.ADMIN})
RESEARCH = frozenset({Role.ADMIN, Role.RESEARCHER})

# Method, path below the project, body, the roles that may, the status that they get.
ENDPOINTS: list[tuple[str, str, Any, frozenset[str], int]] = [
    ("get", "", None, EVERYBODY, 200),
    ("get", "/guide", None, EVERYBODY, 200),
    ("post", "/guide", {"text": "new text"}, ADMIN, 201),
    ("post", "/guide", {"text": "other text", "based_on": 1}, ADMIN, 201),
    ("get", "/guide/versions", None, EVERYBODY, 200),
    ("post", "/guide/read", {"version": 1}, EVERYBODY, 204),
    ("get", "/members", None, ADMIN, 200),
    ("post", "/members", {"username": "newcomer", "role": "annotator"}, ADMIN, 201),
    ("delete", "/members/{member}", None, ADMIN, 204),
    ("get", "/datasets", None, RESEARCH, 200),
    ("post", "/datasets", {"note": "x", "include_seeds": True}, RESEARCH, 200),
    ("get", "/datasets/1", None, RESEARCH, 200),
    ("get", "/datasets/1/download", None, RESEARCH, 200),
    # No network has been trained in these projects: who may ask is told so.
    ("post", "/datasets/1/labels", None, RESEARCH, 409),
    ("get", "/datasets/1/download?labels=true", None, RESEARCH, 409),
]


@pytest.fixture
def siblings() -> tuple[Project, Project]:
    """Two projects alike in everything."""
    pair = []
    for slug in ("left", "right"):
        project = ProjectFactory(slug=slug)
        admin = member(project, Role.ADMIN)
        member(project, Role.ANNOTATOR, username=f"worker-{slug}")
        guide_write(project, text="draw the lungs", author=admin)
        settled(project)
        dataset_freeze(projects=[project], actor=None, include_seeds=True)
        pair.append(project)
    UserFactory(username="newcomer")
    return pair[0], pair[1]


def state() -> tuple[Any, ...]:
    """All that these endpoints could change."""
    return (
        sorted(Membership.objects.values_list("project__slug", "user__username", "role")),
        sorted(DrawingGuide.objects.values_list("project__slug", "version", "text")),
        GuideReading.objects.count(),
        sorted(DatasetVersion.objects.values_list("project__slug", "number")),
        AuditEvent.objects.count(),
    )


def call(client: APIClient, method: str, path: str, body: Any, project: Project) -> Any:
    worker = Membership.objects.get(project=project, user__username=f"worker-{project.slug}")
    return getattr(client, method)(f"/api/projects/{project.slug}{path.format(member=worker.pk)}", body)


@pytest.mark.parametrize(("method", "path", "body", "allowed", "status"), ENDPOINTS)
@pytest.mark.parametrize("role", ROLES)
def test_members_do_what_their_role_may(
    siblings: tuple[Project, Project],
    api_as: Callable[[Any], APIClient],
    role: str,
    method: str,
    path: str,
    body: Any,
    allowed: frozenset[str],
    status: int,
) -> None:
    person = member(siblings[0], role)
    before = state()
    answer = call(api_as(person), method, path, body, siblings[0])
    assert answer.status_code == (status if role in allowed else 403), answer.content
    if role not in allowed:
        assert answer.json()["error"]["code"] == "not_allowed"
        assert state() == before


@pytest.mark.parametrize(("method", "path", "body"), [endpoint[:3] for endpoint in ENDPOINTS])
def test_who_rules_one_project_finds_nothing_in_its_sibling(
    siblings: tuple[Project, Project], api_as: Callable[[Any], APIClient], method: str, path: str, body: Any
) -> None:
    person = member(siblings[0], *ROLES)
    before = state()
    answer = call(api_as(person), method, path, body, siblings[1])
    assert answer.status_code == 404, answer.content
    unknown = getattr(api_as(person), method)("/api/projects/nowhere" + path.format(member=siblings[0].pk), body)
    assert answer.json()["error"]["message"] == unknown.json()["error"]["message"]
    assert state() == before


@pytest.mark.parametrize(("method", "path", "body"), [endpoint[:3] for endpoint in ENDPOINTS])
def test_strangers_are_asked_to_sign_in(
    siblings: tuple[Project, Project], api: APIClient, method: str, path: str, body: Any
) -> None:
    before = state()
    assert call(api, method, path, body, siblings[0]).status_code == 401
    assert state() == before


def test_a_member_of_a_sibling_cannot_be_removed_through_ones_own_project(
    siblings: tuple[Project, Project], api_as: Callable[[Any], APIClient]
) -> None:
    theirs = Membership.objects.get(user__username="worker-right")
    admin = member(siblings[0], Role.ADMIN)
    assert api_as(admin).delete(f"/api/projects/left/members/{theirs.pk}").status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_joining_a_project_that_one_may_not_see_is_a_404(
    siblings: tuple[Project, Project], api_as: Callable[[Any], APIClient]
) -> None:
    infection = ProjectFactory(slug="infection", target="infection", convention="infection")
    settled(infection)
    client = api_as(member(siblings[0], Role.RESEARCHER))
    before = state()
    assert client.post("/api/projects/left/datasets", {"join": ["infection"]}).status_code == 404
    assert state() == before


def test_a_joined_version_opens_to_those_alone_who_may_see_both(
    siblings: tuple[Project, Project], api_as: Callable[[Any], APIClient]
) -> None:
    infection = ProjectFactory(slug="infection", target="infection", convention="infection")
    settled(infection)
    number = dataset_freeze(projects=[siblings[0], infection], actor=None).number
    person = member(siblings[0], Role.RESEARCHER)
    for path in ("", "/download"):
        assert api_as(person).get(f"/api/projects/left/datasets/{number}{path}").status_code == 404


def test_the_list_shows_ones_own_projects_with_ones_own_roles(
    siblings: tuple[Project, Project], api_as: Callable[[Any], APIClient]
) -> None:
    person = member(siblings[0], Role.ANNOTATOR, Role.PHYSICIAN)
    (shown,) = api_as(person).get("/api/projects").json()["results"]
    assert (shown["slug"], shown["roles"]) == ("left", ["annotator", "physician"])


def test_staff_set_projects_up_and_others_do_not(api_as: Callable[[Any], APIClient]) -> None:
    body = {
        "slug": "chest", "name": "Chest", "target": "lung", "convention": "heart_out",
        "protocol": "covid-qu", "overrides": {"II": {"batch_size": 40, "total": 80}},
    }  # fmt: skip
    assert api_as(UserFactory()).post("/api/projects", body).status_code == 403
    assert not Project.objects.exists()
    answer = api_as(UserFactory(is_staff=True)).post("/api/projects", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["roles"] == ["admin"]
    assert answer.json()["protocol"]["stages"][1]["batch_size"] == 40
    again = api_as(UserFactory(is_staff=True)).post("/api/projects", body)
    assert (again.status_code, again.json()["error"]["field"]) == (409, "slug")


def test_protocols_are_told_to_everybody_who_signs_in(api_as: Callable[[Any], APIClient]) -> None:
    answer = api_as(UserFactory()).get("/api/protocols")
    assert "covid-qu" in [protocol["name"] for protocol in answer.json()]


def test_freezing_twice_over_rest_makes_one_version_and_the_zip_comes_through(
    siblings: tuple[Project, Project], api: APIClient
) -> None:
    person = member(siblings[0], Role.RESEARCHER)
    token = api.post("/api/tokens", {"username": person.username, "password": PASSWORD}).json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    settled(siblings[0])
    first, second = (api.post("/api/projects/left/datasets", {"note": "n"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["number"] == second.json()["number"] == 2
    answer = api.get("/api/projects/left/datasets/2/download", HTTP_ACCEPT="application/zip")
    assert answer["Content-Type"] == "application/zip"
    assert b"".join(answer.streaming_content).startswith(b"PK")
    missing = api.get("/api/projects/left/datasets/9/download", HTTP_ACCEPT="application/zip")
    assert missing.status_code == 404
