"""A queued job says for whom it waits."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.jobs.line import Line, Wait
from annotation.jobs.models import Job, JobStatus, Worker
from annotation.jobs.services import progress_record, workers_look
from annotation.jobs.tasks import sweep
from mlbackend.contracts import QUEUE_PREDICT, QUEUE_TRAIN, Presence, Progress, worker_key

pytestmark = pytest.mark.django_db


def sign(storage: Any, name: str = "gpu:1", *, at: float = 1.0, queues: tuple[str, ...] = (QUEUE_PREDICT,)) -> None:
    storage.write(worker_key(name), json.dumps(Presence(worker=name, at=at, queues=list(queues)).to_json()).encode())


def wait_of(job: Job) -> Wait:
    found = Line().wait(job)
    assert found is not None
    return found


def silence(name: str, minutes: float) -> datetime:
    at = timezone.now() - timedelta(minutes=minutes)
    Worker.objects.filter(name=name).update(seen_at=at)
    return at


def test_before_anybody_was_seen_nobody_is_claimed_to_be_there(make_job: Any) -> None:
    assert wait_of(make_job()) == Wait(ahead=0, workers=0, worker_seen_at=None, platform_seen_at=None)


def test_the_sweep_notes_workers_and_that_it_has_looked(make_job: Any, storage: Any) -> None:
    job = make_job()
    sign(storage)
    sign(storage, "other:1", queues=(QUEUE_TRAIN,))
    storage.write("workers/rubbish.json", b"{")
    sweep()
    found = wait_of(job)
    assert (found.ahead, found.workers) == (0, 1)
    assert found.worker_seen_at is not None
    assert found.platform_seen_at is not None


def test_a_sign_that_does_not_change_is_a_worker_that_is_gone_whatever_its_clock_says(
    make_job: Any, storage: Any
) -> None:
    job = make_job()
    sign(storage, at=9e9)
    workers_look()
    gone = silence("gpu:1", 12)
    workers_look()
    assert (wait_of(job).workers, wait_of(job).worker_seen_at) == (0, gone)
    sign(storage, at=1.0)
    workers_look()
    assert wait_of(job).workers == 1


def test_a_killed_workers_sign_is_swept_away_after_a_day(storage: Any) -> None:
    sign(storage)
    workers_look()
    silence("gpu:1", 25 * 60)
    workers_look()
    assert not storage.exists(worker_key("gpu:1"))
    assert Worker.objects.filter(name="gpu:1").exists()


def test_a_job_stands_behind_those_before_it_that_the_same_workers_take(make_job: Any, storage: Any) -> None:
    first, second = make_job(kind="train"), make_job()
    third = make_job()
    sign(storage, queues=(QUEUE_PREDICT,))
    workers_look()
    assert [wait_of(job).ahead for job in (second, third)] == [0, 1]
    sign(storage, at=2.0, queues=(QUEUE_PREDICT, QUEUE_TRAIN))
    workers_look()
    assert [wait_of(job).ahead for job in (first, second, third)] == [0, 1, 2]
    progress_record(Progress(job_id=str(third.pk), attempt=third.attempt, at=1.0, worker="gpu:1"))
    third.refresh_from_db()
    assert third.status == JobStatus.RUNNING
    assert Line().wait(third) is None
    assert [wait_of(job).ahead for job in (first, second)] == [1, 2]


def test_a_job_that_ran_is_a_sign_of_its_worker_too(make_job: Any) -> None:
    job, ran = make_job(), make_job()
    progress_record(Progress(job_id=str(ran.pk), attempt=ran.attempt, at=1.0, worker="gpu:1"))
    assert wait_of(job).worker_seen_at is not None


def test_a_list_of_jobs_reads_the_queue_once(make_job: Any, django_assert_max_num_queries: Any) -> None:
    jobs = [make_job() for _ in range(5)]
    with django_assert_max_num_queries(3):
        line = Line()
        assert [line.wait(job).ahead for job in jobs] == [0, 1, 2, 3, 4]  # type: ignore[union-attr]
