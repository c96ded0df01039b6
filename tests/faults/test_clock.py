"""The clock of the platform's machine is set: forward past every lease, then back by an hour. That of the GPU worker's
goes on: the two are never compared. (torch does not come to its first epoch under libfaketime.)"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotation.common.blobs import blobs
from annotation.jobs import handlers
from annotation.jobs.models import JobStatus, Worker
from annotation.jobs.services import job_create
from annotation.reviews.models import Verdict
from tests.faults.house import STALE_SECONDS, House, ended, fresh, until
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger
from tests.support.faketime import Clock, find_faketime
from tests.support.films import store_films, train_request

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = 3600
LEASE = {"REVIEW_LEASE_SECONDS": "60"}
"""Long enough that only the clock ends it."""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """The clock of the installation's processes; where libfaketime is missing the test fails, in words."""
    library = find_faketime()
    assert library is not None, "libfaketime is missing: python -m tests.support.faketime --install, as root"
    return Clock(tmp_path, library)


def start_training(house: House, epochs: int) -> Any:
    job = job_create(
        kind="train", handler=handlers.NOTHING, request=train_request(store_films(blobs(), 16), epochs=epochs)
    )
    until(lambda: fresh(job).status == JobStatus.RUNNING, "a training runs", 240)
    return job


def test_a_clock_set_forward_past_a_lease(clock: Clock, house: House, tell: Callable[..., Any]) -> None:
    house.review(batch=6)
    house.start("web", "platform", **LEASE, **clock.environment)
    house.start("gpu")
    training, ledger = start_training(house, 12), Ledger()
    slow, quick = (Client(house, user, ledger) for user in house.readers[:2])
    (held,) = slow.next()
    slow.ask("POST", f"/tasks/{held['id']}/open")
    clock.set(2 * HOUR)
    given = {task["id"]: task for task in quick.next(6)}
    assert held["id"] in given, "a lease that has ended goes to the next one"
    late = slow.verdict(held).receipt
    assert late is not None
    assert late["counts"], "late work counts while the task is open"
    mine = quick.begin(given[held["id"]])
    quick.deliver(*mine)
    assert mine[0].receipt is not None
    assert not mine[0].receipt["counts"], "and the other's is kept as an opinion"
    assert Verdict.objects.filter(task=held["id"]).count() == 2
    until(lambda: ended(training), "the training ends", 300)
    assert (training.status, training.error) == (JobStatus.SUCCEEDED, "")
    tell(attempts=training.attempt, **survived(house, ledger))


def test_a_clock_set_back_by_an_hour(clock: Clock, house: House, tell: Callable[..., Any]) -> None:
    house.review(batch=6)
    house.start("web", "platform", **LEASE, **clock.environment)
    gpu = house.start("gpu")
    training, ledger = start_training(house, 60), Ledger()
    gone, reader = (Client(house, user, ledger) for user in house.readers[:2])
    held = gone.next(3)
    for task in held:
        gone.ask("POST", f"/tasks/{task['id']}/open")
    looked = Worker.objects.get(name=Worker.PLATFORM).seen_at
    clock.set(-HOUR)
    began = time.monotonic()
    until(lambda: Worker.objects.get(name=Worker.PLATFORM).seen_at < looked, "the sweep goes on", 60)
    swept = time.monotonic() - began

    gpu.kill("gpu")
    killed = time.monotonic()
    gpu.start_part("gpu")
    until(lambda: fresh(training).attempt == 2, "the dead worker is noticed", 90)
    noticed = time.monotonic() - killed
    assert noticed < 4 * STALE_SECONDS

    def all_held() -> bool:
        ids = {task["id"] for task in reader.next(6)}
        return ids >= {task["id"] for task in held}

    until(all_held, "whoever left holds nothing an hour longer", 120)
    freed = time.monotonic() - began
    until(lambda: ended(training), "the training ends", 300)
    assert (training.status, training.error) == (JobStatus.SUCCEEDED, "")
    tell(
        sweep_again_s=round(swept, 1), leases_free_s=round(freed, 1), dead_worker_noticed_s=round(noticed, 1),
        attempts=training.attempt, **survived(house, ledger),
    )  # fmt: skip
