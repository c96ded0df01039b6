"""Servers of these tests' own: a PostgreSQL for all of them, a Redis for each. What is killed here is nobody else's.

The test's own process works on that PostgreSQL too, whatever DATABASE_URL says, so these tests run apart from all
others: ``make faults``.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from annotation.config.settings.base import database
from tests.faults.house import House
from tests.support.own_servers import OwnPostgres, OwnRedis
from tests.support.small_disk import small_disk

DATABASE_MB = 400
FIGURES = Path("build/faults.json")
_told: dict[str, dict[str, Any]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is marked."""
    for item in items:
        if "faults" in item.path.parts:
            item.add_marker("faults")


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[OwnPostgres]:
    """The PostgreSQL server of this run, on a small disk where one can be mounted."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundwork-disk-")))
        folder.chmod(0o755)
        try:
            server = OwnPostgres(stack.enter_context(small_disk(folder, DATABASE_MB)))
        except RuntimeError as error:
            server = OwnPostgres(no_disk=str(error))
        yield stack.enter_context(server)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(own_postgres: OwnPostgres, request: pytest.FixtureRequest) -> None:
    """A database on that server in place of the one that the settings name."""
    others = [item.nodeid for item in request.session.items if "faults" not in item.path.parts]
    assert not others, f"run these tests apart from {others[0]} and all others: make faults"
    config = {**connections.databases["default"], **database(own_postgres.url)}
    config["TEST"] = {**config["TEST"], "NAME": f"test_groundwork_{uuid.uuid4().hex[:12]}"}
    connections.databases["default"] = config
    del connections["default"]


@pytest.fixture
def postgres(own_postgres: OwnPostgres) -> Iterator[OwnPostgres]:
    """The server, to be killed and stopped; it answers again when the test ends, however that was."""
    yield own_postgres
    connection.close()
    if own_postgres.process is None or own_postgres.process.poll() is not None:
        own_postgres.start()


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    """A Redis of this test's own."""
    with OwnRedis() as server:
        yield server


@pytest.fixture
def _redis_url(redis: OwnRedis) -> str:
    """What the shared fixtures take for the run's broker."""
    return redis.url


@pytest.fixture
def house(start_processes: Callable[..., Any], settings: Any, postgres: OwnPostgres) -> House:
    """A project and its people; nothing of it runs yet. The server of its database outlives its processes."""
    return House(start_processes, settings)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``tell(seconds=3.2)``: figures of this test, for the end of the run and ``build/faults.json``."""

    def note(**figures: Any) -> None:
        _told[request.node.name] = figures

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was measured."""
    if not _told:
        return
    FIGURES.parent.mkdir(exist_ok=True)
    before = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps({**before, **_told}, indent=1, default=str) + "\n")
    terminalreporter.section("figures")
    for test, figures in _told.items():
        terminalreporter.write_line(f"{test}: {', '.join(f'{name} {value}' for name, value in figures.items())}")
