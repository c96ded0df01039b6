"""The town is made once for a file of tests, in a transaction that is undone at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.annotation.access.town import Town


@pytest.fixture(scope="module")
def storage_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture(scope="module")
def town_world(django_db_setup: None, django_db_blocker: Any, storage_folder: Path) -> Iterator[Town]:
    """Made once for all tests of this file, in a transaction that is undone at the end."""
    with (
        django_db_blocker.unblock(),
        override_settings(STORAGE_URL=f"file://{storage_folder}/storage", REVIEW_LEASE_SECONDS=3600),
        transaction.atomic(),
    ):
        yield Town(storage_folder)
        transaction.set_rollback(True)


@pytest.fixture
def town(town_world: Town, settings: Any, storage_folder: Path) -> Town:
    settings.STORAGE_URL = f"file://{storage_folder}/storage"
    return town_world
