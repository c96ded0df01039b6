"""The disk is full: that of the films, then that of the database. Somebody makes room, and all goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.reviews.models import Edit
from annotation.rounds.models import RoundState
from tests.faults.house import House, until
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Crowd, Ledger
from tests.faults.test_storage import draw
from tests.support.own_servers import OwnPostgres
from tests.support.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "a-correction-on-a-full-disk"


@pytest.fixture
def disk(settings: Any, tmp_path: Path) -> Iterator[SmallDisk]:
    """The storage of films lies on a disk of its own. Where none can be mounted the test fails, in words."""
    with small_disk(tmp_path / "small", 220) as disk:
        settings.STORAGE_URL = f"file://{disk.folder}/storage"
        yield disk


def test_a_full_disk_of_films_is_told_and_one_click_goes_on(
    disk: SmallDisk, house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=8, epochs=3)
    house.start(JOB_MAX_ATTEMPTS="2")
    ledger = Ledger()
    reader, other = (Client(house, user, ledger) for user in house.readers[:2])
    follow = reader.verdict(reader.next()[0], "reject").receipt
    assert follow is not None
    correction = follow["follow_up"]
    disk.fill()
    answer = draw(reader, correction, KEY)
    assert answer is not None
    assert answer.json()["error"]["code"] == "disk_full"
    assert "admin" in answer.json()["error"]["remedy"]
    assert reader.http.get(correction["image"]["pixels"].removeprefix("/api")).status_code == 200
    while tasks := other.next(10):
        for task in tasks:
            # No file comes of an accepted proposal.
            other.verdict(task)
    disk.free()
    assert (again := draw(reader, correction, KEY)) is not None
    assert again.status_code == 201
    assert Edit.objects.filter(idempotency_key=KEY).count() == 1

    # The training that follows finds room for its messages, not for its network.
    disk.fill(leave=400_000)
    until(lambda: house.round().state == RoundState.FAILED, "the training fails", 150)
    job = Job.objects.filter(kind=JobKind.TRAIN).order_by("-created_at")[0]
    assert job.status == JobStatus.FAILED
    assert "No space left on device" in job.error
    disk.free()
    tell(words=job.error, **survived(house, ledger, clicks=1))


@pytest.fixture
def postgres_disk(own_postgres: OwnPostgres) -> SmallDisk:
    """The disk of the run's database."""
    assert own_postgres.disk is not None, own_postgres.no_disk
    return own_postgres.disk


def test_a_full_disk_of_the_database_is_told_and_all_goes_on_when_there_is_room(
    house: House, postgres: OwnPostgres, postgres_disk: SmallDisk, tell: Callable[..., Any]
) -> None:
    house.review(batch=130, readers=6)
    house.start()
    ledger = Ledger()
    try:
        with Crowd(house, ledger) as crowd:
            until(lambda: len(ledger.acts) > 15, "reviewers work")
            postgres_disk.fill()
            until(lambda: ledger.told()["disk_full"] or ledger.told()["database_unavailable"], "somebody is told", 60)
            told = dict(ledger.told())
            postgres_disk.free()
            connection.close()
            assert postgres.process is not None
            crashed = postgres.process.poll() is not None
            if crashed:
                postgres.start()
            crowd.done()
    finally:
        postgres_disk.free()
    tell(told_while_full=told, postgresql_ended=crashed, **survived(house, ledger))
