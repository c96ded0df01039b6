"""Redis dies with all that it held and comes back empty, with jobs queued and workers connected."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from annotation.common.blobs import blobs
from annotation.jobs import handlers
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.sending import waiting_messages
from annotation.jobs.services import job_create
from mlbackend.contracts import QUEUE_TRAIN
from tests.faults.house import House, fresh, until
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger
from tests.support.films import store_films, train_request
from tests.support.own_servers import OwnRedis

pytestmark = pytest.mark.django_db(transaction=True)
SOON_SECONDS = 20.0
"""What a page waits for at most: a verdict must not hang on a broker that is away."""


def test_redis_that_comes_back_empty_costs_a_delay(house: House, redis: OwnRedis, tell: Callable[..., Any]) -> None:
    house.review(batch=6)
    house.start()
    samples = store_films(blobs(), 16)
    first, *others = (
        job_create(kind="train", handler=handlers.NOTHING, request=train_request(samples, epochs=epochs))
        for epochs in (25, 1, 1)
    )
    until(lambda: fresh(first).progress.get("epoch", 0) >= 2, "a job runs", 240)
    assert waiting_messages(QUEUE_TRAIN) == len(others), "the others wait at the broker"
    ledger = Ledger()
    reader = Client(house, house.readers[0], ledger)
    tasks = reader.next(6)
    redis.kill()
    # The last of them asks for the next training while nobody can be asked.
    for task in tasks:
        reader.verdict(task)
    assert ledger.longest() < SOON_SECONDS
    assert not ledger.refusals
    time.sleep(5)
    redis.start()
    assert waiting_messages(QUEUE_TRAIN) in (0, 1), "it is empty but for what is said since"
    began = time.monotonic()
    figures = survived(house, ledger)
    jobs = {job.pk: job for job in Job.objects.filter(pk__in=[first.pk, *(job.pk for job in others)])}
    assert {job.status for job in jobs.values()} == {JobStatus.SUCCEEDED}
    assert jobs[first.pk].attempt == 1, "who was at work was left alone"
    tell(all_done_s=round(time.monotonic() - began, 1), **figures)
