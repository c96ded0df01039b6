"""Who did and saw what: written before it is shown, once an hour, kept for good, and told to admins alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.models import AuditEvent
from annotation.exports.services import dataset_freeze
from annotation.projects.models import Project, Role
from tests.annotation.exports.world import settled
from tests.factories import PASSWORD, MembershipFactory, ProjectFactory, ProjectImageFactory, SuperuserFactory, member

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]


@pytest.fixture
def project() -> Project:
    return ProjectFactory(slug="chest")


@pytest.fixture
def film(project: Project) -> Any:
    return settled(project)


@pytest.fixture
def rita(project: Project) -> User:
    return member(project, Role.RESEARCHER, username="rita")


@pytest.fixture
def boss(project: Project, api_as: Sign) -> APIClient:
    return api_as(member(project, Role.ADMIN, username="boss"))


def seen() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(action="film.see").select_related("actor").order_by("created_at", "pk")
    return [(row.actor.username, row.object_id, row.detail["purpose"]) for row in rows if row.actor]


def test_film_and_masks_seen_in_one_hour_are_one_row_and_its_thumbnails_another(
    film: Any, rita: User, api_as: Sign
) -> None:
    api, image, mask = api_as(rita), film.image_id, film.image.masks.get().pk
    for _ in range(2):
        for path in (f"images/{image}/pixels", f"images/{image}/pixels?max=64", f"masks/{mask}/pixels"):
            assert api.get(f"/api/{path}").status_code == 200
        for path in (f"images/{image}/thumbnail", f"masks/{mask}/outline"):
            assert api.get(f"/api/{path}").status_code == 200
    assert sorted(seen()) == [("rita", str(image), "full"), ("rita", str(image), "small")]


def test_the_next_hour_another_person_and_another_film_are_rows_of_their_own(
    film: Any, rita: User, project: Project, api_as: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 3, 1, 10, 59, tzinfo=UTC)
    monkeypatch.setattr("annotation.common.audit.timezone", SimpleNamespace(now=lambda: now))
    other = ProjectImageFactory(project=project).image_id
    ann = member(project, Role.ANNOTATOR, username="ann")
    api_as(rita).get(f"/api/images/{film.image_id}/pixels")
    now += timedelta(minutes=1)
    api_as(rita).get(f"/api/images/{film.image_id}/pixels")
    api_as(rita).get(f"/api/images/{other}/pixels")
    api_as(ann).get(f"/api/images/{film.image_id}/pixels")
    who = sorted((name, image == str(other)) for name, image, _ in seen())
    assert who == [("ann", False), ("rita", False), ("rita", False), ("rita", True)]


def test_a_look_is_recorded_where_the_viewers_copy_is_good_and_not_where_he_may_not_look(
    film: Any, rita: User, api_as: Sign
) -> None:
    path = f"/api/images/{film.image_id}/pixels"
    assert api_as(rita).get(path, HTTP_IF_NONE_MATCH=f'"{film.image_id}"').status_code == 304
    assert api_as(member(ProjectFactory(), Role.ADMIN)).get(path).status_code == 404
    assert [name for name, _, _ in seen()] == ["rita"]


def test_what_cannot_be_recorded_is_not_shown(
    film: Any, rita: User, api_as: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(AuditEvent.objects, "bulk_create", broken)
    with pytest.raises(DatabaseError):
        api_as(rita).get(f"/api/images/{film.image_id}/pixels")


def test_a_film_in_two_projects_of_a_person_is_told_to_the_admins_of_both_and_to_no_third(
    film: Any, rita: User, api_as: Sign
) -> None:
    second, third = ProjectFactory(), ProjectFactory()
    for place in (second, third):
        ProjectImageFactory(project=place, image=film.image)
    MembershipFactory(project=second, user=rita, role=Role.ANNOTATOR)
    # The mask belongs to one of them; it must not stand for the film.
    api_as(rita).get(f"/api/masks/{film.image.masks.get().pk}/pixels")
    api_as(rita).get(f"/api/images/{film.image_id}/pixels")
    for place, count in ((film.project, 1), (second, 1), (third, 0)):
        admin = member(place, Role.ADMIN)
        answer = api_as(admin).get(f"/api/projects/{place.slug}/audit", {"film": str(film.image_id)})
        assert answer.json()["count"] == count


def test_sign_ins_failures_and_sign_outs_are_recorded_without_what_was_typed(client: Client, rita: User) -> None:
    def post(path: str, **body: str) -> None:
        client.post(f"/api/{path}", body, content_type="application/json")

    post("sign-in", username="rita", password="wrong words")
    post("sign-in", username="my secret words", password="rita")
    post("tokens", username="rita", password="wrong words")
    post("sign-in", username="rita", password=PASSWORD)
    post("sign-out")
    rows = AuditEvent.objects.filter(action__startswith="user.sign").order_by("created_at")
    assert [(row.action, row.object_id) for row in rows] == [
        ("user.sign_in_failed", str(rita.pk)),
        ("user.sign_in_failed", ""),
        ("user.sign_in_failed", str(rita.pk)),
        ("user.sign_in", str(rita.pk)),
        ("user.sign_out", str(rita.pk)),
    ]
    assert {row.detail["address"] for row in rows} == {"127.0.0.1"}
    assert "secret" not in str([row.detail for row in rows])


def test_downloads_are_recorded_those_of_the_log_too(film: Any, rita: User, boss: APIClient, api_as: Sign) -> None:
    dataset_freeze(projects=[film.project], actor=None)
    assert api_as(rita).get("/api/projects/chest/datasets/1/download").status_code == 200
    assert boss.get("/api/projects/chest/audit/download", {"person": "rita"}).status_code == 200
    rows = AuditEvent.objects.filter(action__endswith=".download").order_by("created_at")
    assert [(row.action, row.actor.username if row.actor else "") for row in rows] == [
        ("dataset.download", "rita"), ("audit.download", "boss")
    ]  # fmt: skip


def test_admins_find_events_by_person_film_action_and_time(
    film: Any, rita: User, boss: APIClient, api_as: Sign
) -> None:
    api_as(rita).get(f"/api/images/{film.image_id}/pixels")
    audit_record("film.exclude", film, actor=rita, project_id=film.project_id)
    audit_record("guide.write", film.project, project_id=film.project_id)
    audit_record("guide.write", film.project, project_id=ProjectFactory().pk)
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    asked: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["film.exclude", "film.see", "guide.write"]),
        ({"person": "rita"}, ["film.exclude", "film.see"]),
        ({"film": str(film.image_id)}, ["film.exclude", "film.see"]),
        ({"action": "film"}, ["film.exclude", "film.see"]),
        ({"action": "film.see"}, ["film.see"]),
        ({"since": later}, []),
        ({"until": later, "person": "rita"}, ["film.exclude", "film.see"]),
        ({"person": "nobody"}, []),
    ]
    for query, actions in asked:
        page = boss.get("/api/projects/chest/audit", query).json()
        assert sorted(row["action"] for row in page["results"]) == actions, query
        content = b"".join(boss.get("/api/projects/chest/audit/download", query).streaming_content).decode()
        rows = [row["action"] for row in csv.DictReader(content.splitlines()) if row["action"] != "audit.download"]
        assert sorted(rows) == actions, query


@pytest.mark.parametrize(("name", "value"), [("film", "x"), ("since", "yesterday"), ("who", "rita"), ("limit", "-1")])
def test_a_filter_that_says_nothing_is_refused_by_name(boss: APIClient, name: str, value: str) -> None:
    answer = boss.get("/api/projects/chest/audit", {name: value})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, name)


def test_no_cell_of_the_file_is_taken_for_a_formula(project: Project, boss: APIClient) -> None:
    audit_record("film.see", project, actor=member(project, Role.ANNOTATOR, username="+cmd"), project_id=project.pk)
    content = b"".join(boss.get("/api/projects/chest/audit/download").streaming_content).decode()
    assert "'+cmd" in [row["person"] for row in csv.DictReader(content.splitlines())]


def test_superusers_read_what_belongs_to_no_project(rita: User, api_as: Sign) -> None:
    audit_record("user.sign_in", rita, actor=rita)
    (row,) = api_as(SuperuserFactory()).get("/api/audit", {"action": "user"}).json()["results"]
    assert (row["person"], row["action"]) == ("rita", "user.sign_in")


def append_only_tables() -> list[str]:
    """By the triggers themselves."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_delete'")
        else:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_append_only'")
        return sorted(row[0] for row in cursor.fetchall())


def test_the_database_itself_refuses_to_change_delete_or_empty_the_log(rita: User) -> None:
    audit_record("user.sign_in", rita, actor=rita)
    table = AuditEvent._meta.db_table
    attempts = [f"UPDATE {table} SET action = 'x'", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        attempts += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    # What this transaction has still to check would stand in the way of TRUNCATE before the trigger does.
    connection.check_constraints()
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attempt)
    assert AuditEvent.objects.filter(action="user.sign_in").count() == 1


def test_every_append_only_table_of_postgresql_refuses_to_be_emptied() -> None:
    tables = append_only_tables()
    assert len(tables) >= 15
    assert "common_auditevent" in tables
    if connection.vendor == "sqlite":
        return
    for table in tables:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
