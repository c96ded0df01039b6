"""Fixtures for all tests: a database, a storage and a broker that belong to this run alone."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.flush import let_flush_empty_append_only_tables

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from annotation.accounts.models import User
    from mlbackend.storage import Storage

let_flush_empty_append_only_tables()
# Two cores are enough for many small tests only if no library starts a thread per core in each of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    """A database of this run's own: a file on SQLite, so that other processes can open it; a new name on PostgreSQL."""
    from django.db import connections

    config = connections["default"].settings_dict
    if "sqlite3" in config["ENGINE"]:
        config["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        config["OPTIONS"]["init_command"] = config["OPTIONS"]["init_command"].replace("NORMAL", "OFF")
    elif not request.config.getvalue("reuse_db"):
        config["TEST"]["NAME"] = f"test_groundwork_{uuid.uuid4().hex[:12]}"


@pytest.fixture(autouse=True)
def _storage_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/storage"


@pytest.fixture
def storage(_storage_of_its_own: None) -> Storage:
    """The test's own storage, empty."""
    from annotation.common.blobs import blobs

    return blobs()


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any], str]]:
    """Task messages as (name, arguments, queue), kept here instead of being sent to a broker."""
    messages: list[tuple[str, list[Any], str]] = []
    monkeypatch.setattr(
        "annotation.jobs.sending._publish", lambda name, args, queue: messages.append((name, args, queue))
    )
    return messages


@pytest.fixture
def user(db: None) -> User:
    """A person without any role."""
    from tests.factories import UserFactory

    return UserFactory()


@pytest.fixture
def api() -> APIClient:
    """A client that has not signed in."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def api_as(db: None) -> Callable[[Any], APIClient]:
    """``api_as(user)``: a client that is signed in as the user."""
    from rest_framework.test import APIClient

    def sign_in(person: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(person)
        return client

    return sign_in


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Iterator[None]:
    """Run what is left for after the commit at the end of the test's block, as a real commit would."""
    with django_capture_on_commit_callbacks(execute=True):
        yield
