"""Fixtures for all tests: a database, a storage and a broker that belong to this run alone."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest

from tests.support.databases import database_url, flush_redis
from tests.support.flush import let_flush_empty_append_only_tables
from tests.support.schema import copy_schema
from tests.support.servers import redis_database

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from annotation.accounts.models import User
    from annotation.jobs.runtime import Processes
    from mlbackend.storage import Storage

let_flush_empty_append_only_tables()
# Two cores are enough for many small tests only if no library starts a thread per core in each of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM end a run as Ctrl-C does, so that its databases and processes go with it."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)


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
    if not request.config.getvalue("reuse_db"):
        copy_schema(config)


@pytest.fixture(scope="session", autouse=True)
def _static_files_looked_for_once() -> Iterator[None]:
    """Each test client starts the whole chain of middleware, and WhiteNoise reads all static files at its start."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _files_need_not_outlive_the_machine() -> Iterator[None]:
    """The machine that wrote these files reads them: to wait for its disk, tens of times in a test, shows nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


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


@pytest.fixture(scope="session")
def _redis_url() -> Iterator[str | None]:
    """A Redis database of this run's own, where CELERY_BROKER_URL names a Redis server."""
    url = urlparse(os.environ.get("CELERY_BROKER_URL", ""))
    if url.scheme not in {"redis", "rediss"}:
        yield None
        return
    with redis_database(f"{url.scheme}://{url.netloc}") as own:
        yield own


@pytest.fixture
def broker(_redis_url: str | None, settings: Any, sent: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A real, empty broker to which messages are sent: Redis where the run has one, else a folder. Its URL."""
    from celery import current_app

    from mlbackend.broker import broker_settings
    from mlbackend.messages import publish

    url = _redis_url or f"filesystem://{tmp_path}/broker"
    if _redis_url:
        flush_redis(_redis_url)
    settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS = place = broker_settings(url)
    monkeypatch.setattr(
        "annotation.jobs.sending._publish", lambda name, args, queue: publish(current_app, place, name, args, queue)
    )
    return url


@pytest.fixture
def start_processes(
    transactional_db: None, broker: str, settings: Any, tmp_path: Path, _storage_of_its_own: None
) -> Iterator[Callable[..., Processes]]:
    """``start_processes(gpu=True, platform=True, web=False, env={...})``: real processes on this test's database,
    broker and storage; all are stopped at the end, whatever happens."""
    from annotation.jobs.runtime import Processes

    with contextlib.ExitStack() as stack:

        def start(*, web: bool = False, platform: bool = True, gpu: bool = True, env: Any = None) -> Processes:
            place = {
                "DATABASE_URL": database_url(),
                "CELERY_BROKER_URL": broker,
                "STORAGE_URL": settings.STORAGE_URL,
                "GROUNDWORK_DATA_DIR": str(tmp_path / "data"),
                # As in production, all processes name patients alike.
                "PSEUDONYM_KEYS": ",".join(f"{name}:{secret}" for name, secret in settings.PSEUDONYM_KEYS.items()),
                "GROUNDWORK_DEVICE": "cpu",
                "DJANGO_SETTINGS_MODULE": "annotation.config.settings.test",
                "JOB_SWEEP_SECONDS": "1",
                "WORKER_LOG_LEVEL": "INFO",
                **(env or {}),
            }
            processes = Processes(log_dir=tmp_path / "log", env=place, web=web, platform=platform, gpu=gpu)
            return stack.enter_context(processes)

        yield start


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
