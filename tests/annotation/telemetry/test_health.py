"""The health pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from annotation.telemetry import health
from annotation.telemetry.health import CHECKS, Check


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``alone(name, ask)``: let the page ask this and nothing else."""

    def set_alone(name: str, ask: Any) -> None:
        monkeypatch.setattr(health, "CHECKS", {name: Check(ask, CHECKS[name].where)})

    return set_alone


def test_a_live_process_says_so_without_the_database(client: Client) -> None:
    # Without the ``db`` fixture any query fails the test.
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_ready_when_database_migrations_broker_and_storage_answer(client: Client, db: None) -> None:
    response = client.get("/health/ready")
    assert response.json() == {"status": "ok", "checks": dict.fromkeys(CHECKS, "ok")}
    assert response.status_code == 200


def test_not_ready_when_storage_is_gone_and_the_reason_stays_inside(
    client: Client, db: None, settings: Any, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    settings.STORAGE_URL = f"file://{tmp_path}/file/storage"
    response = client.get("/health/ready")
    assert response.status_code == 503
    words = response.json()["checks"]
    assert words.pop("storage").endswith("see STORAGE_URL and the log of the web process")
    assert set(words.values()) == {"ok"}
    assert str(tmp_path) not in response.content.decode()


def test_an_error_is_told_by_its_kind_and_the_setting_to_look_at(client: Client, db: None, alone: Any) -> None:
    def gone() -> None:
        raise OperationalError("connection to 10.0.0.7 as groundwork refused")

    alone("database", gone)
    response = client.get("/health/ready")
    assert response.status_code == 503
    words = "failed with OperationalError; see DATABASE_URL and the log of the web process"
    assert response.json() == {"status": "unavailable", "checks": {"database": words}}


def test_a_broker_that_is_away_is_told(client: Client, db: None, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://:secret-word@127.0.0.1:9/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert "CELERY_BROKER_URL" in response.json()["checks"]["broker"]
    assert "secret-word" not in response.content.decode()


def test_a_migration_that_was_not_applied_is_told(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = MigrationRecorder.applied_migrations

    def without_one(recorder: Any) -> Any:
        return dict(list(applied(recorder).items())[1:])

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", without_one)
    response = client.get("/health/ready")
    assert response.json()["checks"]["migrations"] == "1 not applied; run manage.py migrate"


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch, alone: Any) -> Iterator[list[float]]:
    """A part that does not answer; the list fills with when it was asked."""
    asked: list[float] = []
    awake: list[bool] = []

    def ask() -> None:
        asked.append(time.monotonic())
        while not awake:
            time.sleep(0.01)

    monkeypatch.setattr(health, "SECONDS", 0.2)
    alone("storage", ask)
    yield asked
    awake.append(True)


def test_a_part_that_hangs_is_given_up_soon_and_not_asked_again_meanwhile(
    client: Client, db: None, asleep: list[float]
) -> None:
    began = time.monotonic()
    answers = [client.get("/health/ready") for _ in range(3)]
    assert time.monotonic() - began < 5
    assert {answer.json()["checks"]["storage"] for answer in answers} == {"no answer within 0.2 s; see STORAGE_URL"}
    assert len(asleep) == 1


def test_health_takes_no_writes(client: Client) -> None:
    assert client.post("/health/live").status_code == 405
