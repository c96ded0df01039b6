"""Screening the pool: who may, which films, what is suggested, and that a refusal changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.common.models import AppendOnlyError, AuditEvent
from annotation.images.models import ProjectImage, ScreeningDecision
from annotation.images.suggestions import RULES, suggestions
from annotation.projects.models import Project, Role
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ApiAs = Callable[[Any], APIClient]
GOOD = {"contrast": 0.7, "noise": 0.01, "sharpness": 0.02, "snr_db": 45.0, "exposure": 0.5, "clipped": 0.02}


def film(project: Project, *, tier: str = "high", view: str = "PA", state: str = "waiting", **figures: float) -> Any:
    reason = {"exclusion_reason": "bad quality"} if state == "excluded" else {}
    return ProjectImageFactory(
        project=project,
        state=state,
        image__view=view,
        image__quality_tier=tier,
        image__quality=GOOD | figures,
        **reason,
    )


def screen(client: APIClient, project: Project, outcome: str, *films: Any, reason: str = "") -> Any:
    body = {"images": [str(one.image_id) for one in films], "outcome": outcome, "reason": reason}
    return client.post(f"/api/projects/{project.slug}/screening", body)


def world() -> tuple[Any, ...]:
    """All that screening could change."""
    return (
        sorted(ProjectImage.objects.values_list("pk", "state", "exclusion_reason")),
        ScreeningDecision.objects.count(),
        AuditEvent.objects.count(),
    )


@pytest.fixture
def project() -> Project:
    return ProjectFactory(slug="chest")


@pytest.fixture
def admin(project: Project, api_as: ApiAs) -> APIClient:
    return api_as(member(project, Role.ADMIN, username="boss"))


def test_a_film_goes_out_with_a_reason_and_comes_back_and_both_are_on_record(
    project: Project, admin: APIClient
) -> None:
    one = film(project, exposure=0.05)
    assert screen(admin, project, "out", one, reason="too dark").json() == {"changed": [str(one.image_id)]}
    one.refresh_from_db()
    assert (one.state, one.exclusion_reason) == ("excluded", "too dark")
    assert screen(admin, project, "in", one).status_code == 200
    one.refresh_from_db()
    assert (one.state, one.exclusion_reason) == ("waiting", "")
    decisions = ScreeningDecision.objects.values_list("outcome", "reason", "suggested", "actor__username")
    assert list(decisions) == [("out", "too dark", ["dark"], "boss"), ("in", "", ["dark"], "boss")]
    events = AuditEvent.objects.filter(object_id=str(one.pk)).order_by("created_at").values_list("action", "detail")
    assert [(action, detail["reason"]) for action, detail in events] == [
        ("film.screen_out", "too dark"),
        ("film.screen_in", ""),
    ]


def test_the_same_decision_sent_twice_counts_once_and_a_better_reason_is_kept(
    project: Project, admin: APIClient
) -> None:
    one, other = film(project), film(project)
    for _ in range(2):
        screen(admin, project, "out", one, reason="lateral")
    assert ScreeningDecision.objects.count() == 1
    assert screen(admin, project, "in", other).json() == {"changed": []}
    screen(admin, project, "out", one, reason="lateral, arms down")
    one.refresh_from_db()
    assert one.exclusion_reason == "lateral, arms down"


@pytest.mark.parametrize("state", ["chosen", "settled", "denied", "excluded"])
@pytest.mark.parametrize("outcome", ["out", "in"])
def test_films_of_a_round_are_refused_and_their_neighbours_stay_too(
    project: Project, admin: APIClient, state: str, outcome: str
) -> None:
    waiting, worked = film(project), film(project, state=state)
    before = world()
    answer = screen(admin, project, outcome, waiting, worked, reason="x")
    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["value"]) == (409, "images", str(worked.image_id))
    assert "round" in error["remedy"]
    assert error["detail"]["films"] == [str(worked.image_id)]
    assert world() == before


def test_what_reviewers_excluded_after_screening_brought_it_back_is_not_screenings_to_undo(
    project: Project, admin: APIClient
) -> None:
    one = film(project)
    screen(admin, project, "out", one, reason="x")
    screen(admin, project, "in", one)
    ProjectImage.objects.filter(pk=one.pk).update(state="excluded", exclusion_reason="by a reviewer")
    assert screen(admin, project, "in", one).status_code == 409
    assert admin.get("/api/projects/chest/screening", {"state": "out"}).json()["count"] == 0


def test_seeds_strangers_and_films_without_a_reason_are_refused(project: Project, admin: APIClient) -> None:
    one, elsewhere, seed = film(project), film(ProjectFactory()), seed_film(project)
    before = world()
    for films, reason, field in (
        ([one, seed], "x", "images"),
        ([one, elsewhere], "x", "images"),
        ([one], " ", "reason"),
    ):
        answer = screen(admin, project, "out", *films, reason=reason)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    unknown = {"images": [str(uuid.uuid4())], "outcome": "out", "reason": "x"}
    assert admin.post("/api/projects/chest/screening", unknown).status_code == 400
    assert world() == before


@pytest.mark.parametrize(("state", "status"), [("setup", 200), ("running", 200), ("paused", 200), ("finished", 409)])
def test_screening_goes_on_until_the_project_is_finished(
    project: Project, admin: APIClient, state: str, status: int
) -> None:
    Project.objects.update(state=state)
    one = film(project)
    before = world()
    assert screen(admin, project, "out", one, reason="x").status_code == status
    assert (world() == before) == (status != 200)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("method", ["get", "post"])
def test_admins_alone_screen(project: Project, api_as: ApiAs, api: APIClient, role: str, method: str) -> None:
    one = film(project)
    body = {"images": [str(one.image_id)], "outcome": "out", "reason": "x"} if method == "post" else None
    address, before = f"/api/projects/{project.slug}/screening", world()
    assert getattr(api, method)(address, body).status_code == 401
    sibling = member(ProjectFactory(), *Role.values)
    assert getattr(api_as(sibling), method)(address, body).status_code == 404
    assert world() == before
    answer = getattr(api_as(member(project, role)), method)(address, body)
    assert answer.status_code == (200 if role == Role.ADMIN else 403)
    assert (world() == before) == (role != Role.ADMIN or method == "get")


def test_the_worst_films_come_first_with_the_figures_that_speak_against_them(
    project: Project, admin: APIClient
) -> None:
    good = film(project)
    middling = film(project, tier="medium", contrast=0.5)
    dark = film(project, tier="low", exposure=0.03)
    noisy = film(project, tier="low", snr_db=27.0)
    lateral = film(project, view="LL")
    film(project, state="chosen")
    page = admin.get("/api/projects/chest/screening").json()
    order = [one["id"] for one in page["films"]]
    assert order[:3] == [str(one.image_id) for one in (dark, noisy, middling)]
    assert set(order[3:]) == {str(good.image_id), str(lateral.image_id)}
    assert page["films"][0]["suggestions"] == [
        {"code": "dark", "label": "too dark (over-exposed)", "figure": "median grey 0.03"}
    ]
    assert {rule["code"]: rule["count"] for rule in page["rules"] if rule["count"]} == {
        "dark": 1,
        "noise": 1,
        "view": 1,
    }
    assert page["facets"]["view"] == [{"value": "LL", "count": 1}, {"value": "PA", "count": 4}]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3), ({"view": "LL"}, 1), ({"view": ""}, 1), ({"quality": "low"}, 1), ({"suggestion": "any"}, 2),
        ({"suggestion": "none"}, 1), ({"suggestion": "view"}, 1), ({"view": "PA", "suggestion": "noise"}, 1),
        ({"state": "out"}, 1), ({"state": "all"}, 4), ({"label": "other"}, 0),
    ],
)  # fmt: skip
def test_films_are_filtered(project: Project, admin: APIClient, query: dict[str, str], count: int) -> None:
    film(project, tier="low", snr_db=20)
    film(project, view="LL")
    film(project, view="")
    screen(admin, project, "out", film(project), reason="x")
    page = admin.get("/api/projects/chest/screening", query).json()
    assert (page["count"], len(page["films"]), page["waiting"], page["out"]) == (count, count, 3, 1)


@pytest.mark.parametrize(
    "query", [{"state": "x"}, {"suggestion": "x"}, {"limit": "0"}, {"limit": "501"}, {"offset": "-1"}]
)
def test_a_question_that_cannot_be_names_its_field(admin: APIClient, query: dict[str, str]) -> None:
    answer = admin.get("/api/projects/chest/screening", query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, next(iter(query)))


def test_a_decision_cannot_be_changed_afterwards(project: Project, admin: APIClient) -> None:
    screen(admin, project, "out", film(project), reason="x")
    decision = ScreeningDecision.objects.get()
    decision.reason = "y"
    with pytest.raises(AppendOnlyError):
        decision.save()


@pytest.mark.parametrize(
    ("view", "figures", "codes"),
    [
        ("PA", {}, []), ("ap supine", {}, []), ("", {}, []), ("Lateral", {}, ["view"]),
        ("PA", {"exposure": 0.9}, ["light"]),
        ("LL", {"exposure": 0.1, "clipped": 0.3}, ["view", "dark", "clipped"]), ("PA", {"contrast": 0.2}, ["contrast"]),
        ("PA", {"sharpness": 0.005, "snr_db": 12}, ["noise", "blur"]),
    ],
)  # fmt: skip
def test_each_suggestion_names_its_rule(view: str, figures: dict[str, float], codes: list[str]) -> None:
    assert [one["code"] for one in suggestions(view, GOOD | figures)] == codes
    assert set(codes) <= {rule.code for rule in RULES}
    assert suggestions(view, {}) == [one for one in suggestions(view, GOOD) if one["code"] == "view"]
