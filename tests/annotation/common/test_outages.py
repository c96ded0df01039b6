"""What is answered while database or storage is away; ``make faults`` takes the real ones away."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg2.errors
import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.test import APIClient

from annotation.common import idempotency
from annotation.common.blobs import blobs
from annotation.common.outages import outage_of
from mlbackend.storage import StorageError, StorageMissingError
from tests.annotation.reviews.world import World
from tests.factories import SuperuserFactory, token_for

ApiAs = Callable[[Any], APIClient]


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def sqlite_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (caused(OperationalError("gone"), psycopg2.OperationalError("server closed the connection")), "database"),
        (caused(InterfaceError("closed"), psycopg2.InterfaceError("connection already closed")), "database"),
        (caused(OperationalError("locked"), sqlite_error("SQLITE_BUSY")), "database"),
        (caused(OperationalError("full"), sqlite_error("SQLITE_FULL")), "disk_full"),
        (caused(OperationalError("no such table"), sqlite_error("SQLITE_ERROR")), None),
        (StorageError("no answer"), "storage"),
        (caused(StorageError("write"), OSError(errno.ENOSPC, "No space left on device")), "disk_full"),
        (StorageMissingError("no such file"), None),
        (ValueError("a bug"), None),
    ],
)
def test_an_outage_is_told_from_a_bug_by_its_cause(error: Exception, code: str | None) -> None:
    away = outage_of(error)
    assert (away.code.removesuffix("_unavailable") if away else None) == code


def check_told(answer: Any, code: str) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    error = answer.json()["error"]
    assert error["code"] == code
    assert "send it again" in error["remedy"]


@pytest.mark.django_db
def test_a_view_whose_database_goes_away_says_when_to_come_back(api_as: ApiAs, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**values: Any) -> None:
        raise OperationalError("could not connect to server db.hospital.example")

    monkeypatch.setattr("annotation.reviews.views.queue.tasks_next", away)
    world = World()
    answer = api_as(world.annotator).post(f"/api/projects/{world.project.slug}/queue/next", {})
    check_told(answer, "database_unavailable")
    assert "hospital" not in answer.content.decode()


@pytest.mark.django_db
def test_a_database_that_is_away_before_any_view_is_told_in_the_same_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*values: Any) -> None:
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(idempotency, "_claim", away)
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {token_for(SuperuserFactory())}", "Idempotency-Key": "a-key-of-mine"}
    check_told(client.post("/api/projects", {}, headers=headers), "database_unavailable")


@pytest.mark.django_db
def test_a_page_without_its_database_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*values: Any) -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    answer = client.get("/admin/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert answer.content.decode().startswith("503: the database cannot be reached")


@pytest.mark.django_db
def test_a_full_storage_keeps_nobody_from_seeing_a_film(
    api_as: ApiAs, monkeypatch: pytest.MonkeyPatch, storage: Any
) -> None:
    def full(key: str, data: bytes) -> None:
        raise StorageError("full")

    world = World()
    (film,) = world.films(1)
    monkeypatch.setattr(blobs(), "write", full)
    reader = api_as(world.researcher)
    answer = reader.get(f"/api/images/{film.image_id}/thumbnail")
    assert answer.status_code == 200, answer.content
