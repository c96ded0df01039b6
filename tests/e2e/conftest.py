"""A browser and a web process that all tests of pages share; each finds an empty database and an empty storage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from mlbackend.broker import broker_settings
from tests.e2e.desk import Desk
from tests.support.browser import find_browser
from tests.support.databases import database_url, flush_redis

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from annotation.jobs.runtime import Processes

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests at a shared desk are marked: they have no processes of their own and may run side by side."""
    for item in items:
        if "desk" in getattr(item, "fixturenames", ()):
            item.add_marker("pages")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none a test is skipped, in CI it fails."""
    path = find_browser()
    if path is None:
        assert not os.environ.get("CI"), "install Chromium: in CI its absence is a failure"
        pytest.skip("no Chromium or Chrome is on this machine")
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, where Django would suspect asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where storage and broker of the shared web process lie."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def shared_web(django_db_setup: None, _redis_url: str | None, shared_folder: Path) -> Iterator[Processes]:
    """One web process, without workers, for all tests that only ask it."""
    from annotation.jobs.runtime import Processes

    env = {
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": _redis_url or f"filesystem://{shared_folder}/broker",
        "STORAGE_URL": f"file://{shared_folder}/storage",
        "GROUNDWORK_DATA_DIR": str(shared_folder / "data"),
        # As in production, all processes name patients alike.
        "PSEUDONYM_KEYS": ",".join(f"{name}:{secret}" for name, secret in settings.PSEUDONYM_KEYS.items()),
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.test",
    }
    with Processes(log_dir=shared_folder / "log", env=env, web=True, platform=False, gpu=False) as processes:
        yield processes


@pytest.fixture
def desk(
    shared_web: Processes,
    browser: Browser,
    transactional_db: None,
    shared_folder: Path,
    _redis_url: str | None,
    settings: Any,
) -> Iterator[Desk]:
    """A desk with an annotator and an MD at the shared web process."""
    for name in ("storage", "broker"):
        shutil.rmtree(shared_folder / name, ignore_errors=True)
    if _redis_url:
        flush_redis(_redis_url)
    settings.STORAGE_URL = f"file://{shared_folder}/storage"
    url = _redis_url or f"filesystem://{shared_folder}/broker"
    settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS = broker_settings(url)
    desk = Desk(shared_web, browser)
    yield desk
    desk.leave()


@pytest.fixture
def own_desk(start_processes: Callable[..., Processes], browser: Browser) -> Iterator[Desk]:
    """A desk whose processes are its own, to be started and stopped at will."""
    processes = start_processes(web=True, platform=False, gpu=False)
    desk = Desk(processes, browser)
    yield desk
    # Shown with a test that fails: what a page waited for in vain happens in the processes.
    print("\n".join(f"== {part}\n{processes.log_tail(part)}" for part in processes.children))
    desk.leave()
