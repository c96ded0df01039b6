"""The health pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client


def test_a_live_process_says_so_without_the_database(client: Client) -> None:
    # Without the ``db`` fixture any query fails the test.
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_ready_when_database_and_storage_answer(client: Client, db: None) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "storage": "ok"}


def test_not_ready_when_storage_is_gone_and_the_reason_stays_inside(
    client: Client, db: None, settings: Any, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    settings.STORAGE_URL = f"file://{tmp_path}/file/storage"
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "storage": "failed"}
    assert str(tmp_path) not in response.content.decode()


def test_not_ready_when_the_database_is_gone(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connection refused at 10.0.0.7")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", gone)
        response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "checks": {"database": "failed", "storage": "ok"}}


def test_health_takes_no_writes(client: Client) -> None:
    assert client.post("/health/live").status_code == 405


def test_an_unknown_address_of_the_api_answers_in_the_apis_shape(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["value"] == "/api/nothing"
