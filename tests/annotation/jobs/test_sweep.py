"""The sweep finds what messages did not say."""

from __future__ import annotations

import socketserver
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.jobs import handlers, sending
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.services import jobs_sweep, progress_record
from annotation.jobs.tasks import sweep
from mlbackend.contracts import PHASE_INTERRUPTED, QUEUE_PREDICT, TASK_PREDICT
from mlbackend.messages import queue_length
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=3)


@pytest.fixture
def run_sweep(django_capture_on_commit_callbacks: Any) -> Any:
    """The task, with its commits; a second time at once, to show that it changes nothing more."""

    def run(times: int = 2) -> None:
        for _ in range(times):
            with django_capture_on_commit_callbacks(execute=True):
                sweep()

    return run


def age(job: Job, **moments: Any) -> None:
    Job.objects.filter(pk=job.pk).update(**{name: timezone.now() - LONG_AGO for name in moments or {"queued_at": 1}})


@pytest.fixture
def empty_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.jobs.services.sweep.waiting_messages", lambda queue: 0)


def test_a_job_whose_first_sending_was_lost_is_sent(handler: Any, sent: list[Any], run_sweep: Any) -> None:
    job = JobFactory(status=JobStatus.CREATED, attempt=0, finished_at=None, handled_at=None, queued_at=None)
    age(job, created_at=1)
    run_sweep()
    job.refresh_from_db()
    assert (job.status, job.attempt, len(sent)) == (JobStatus.QUEUED, 1, 1)


def test_a_message_that_could_not_be_sent_is_sent_when_the_broker_is_back(
    make_job: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch, run_sweep: Any
) -> None:
    def unreachable(*args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_publish", unreachable)
        job = make_job()
    monkeypatch.setattr("annotation.jobs.services.sweep.GRACE", timedelta(0))
    run_sweep()
    job.refresh_from_db()
    assert (job.attempt, len(sent)) == (1, 1)
    assert job.queued_at is not None


def test_a_finished_file_without_its_message_is_recorded(
    make_job: Any, worker_says: Any, handler: Any, run_sweep: Any
) -> None:
    job = make_job()
    worker_says.ended(job)
    run_sweep()
    job.refresh_from_db()
    assert (job.status, handler.calls) == (JobStatus.SUCCEEDED, ["succeeded"])


def test_a_heartbeat_in_storage_counts_when_no_message_came(make_job: Any, worker_says: Any, run_sweep: Any) -> None:
    job = make_job()
    worker_says.alive(job, at=5.0)
    run_sweep()
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_a_job_in_a_long_queue_is_not_sent_again(
    make_job: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch, run_sweep: Any
) -> None:
    age(make_job())
    monkeypatch.setattr("annotation.jobs.services.sweep.waiting_messages", lambda queue: 1)
    run_sweep()
    assert len(sent) == 1


def test_a_job_queued_too_long_before_an_empty_queue_is_sent_again_once_as_the_same_attempt(
    make_job: Any, sent: list[Any], empty_queue: None, run_sweep: Any
) -> None:
    age(make_job())
    run_sweep()
    assert [(name, args[0]["attempt"]) for name, args, _ in sent] == [(TASK_PREDICT, 1)] * 2


def test_a_silent_worker_loses_its_job_to_the_next_attempt(
    make_job: Any, worker_says: Any, sent: list[Any], run_sweep: Any
) -> None:
    job = make_job()
    progress_record(worker_says.alive(job, at=5.0))
    age(job, heartbeat_at=1)
    run_sweep()
    job.refresh_from_db()
    assert (job.status, job.attempt, sent[-1][1][0]["attempt"]) == (JobStatus.QUEUED, 2, 2)
    assert "worker w1 has been silent" in job.events.last().reason


def test_a_worker_whose_messages_were_lost_is_not_silent(make_job: Any, worker_says: Any, run_sweep: Any) -> None:
    job = make_job()
    progress_record(worker_says.alive(job, at=5.0))
    age(job, heartbeat_at=1)
    worker_says.alive(job, at=6.0)
    run_sweep()
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.RUNNING, 1)


def test_after_the_last_attempt_the_job_fails_in_words_and_is_handled(
    make_job: Any, worker_says: Any, handler: Any, run_sweep: Any
) -> None:
    job = make_job(max_attempts=1)
    progress_record(worker_says.alive(job, at=5.0))
    age(job, heartbeat_at=1)
    run_sweep()
    job.refresh_from_db()
    assert (job.status, handler.calls) == (JobStatus.FAILED, ["failed"])
    assert "attempt 1 of 1: worker w1 has been silent" in job.error


def test_a_job_that_fails_as_its_storage_is_full_says_so(
    make_job: Any, worker_says: Any, handler: Any, run_sweep: Any
) -> None:
    job = make_job(max_attempts=1)
    progress_record({**worker_says.alive(job, at=5.0).to_json(), "trouble": "No space left on device"})
    age(job, heartbeat_at=1)
    run_sweep()
    job.refresh_from_db()
    assert "attempt 1 of 1: worker w1 stopped: No space left on device" in job.error
    assert "killed" not in job.error


def test_times_of_before_the_clock_was_set_back_count_from_now(
    make_job: Any, worker_says: Any, sent: list[Any], run_sweep: Any
) -> None:
    job, ahead = make_job(), timezone.now() + timedelta(hours=1)
    progress_record(worker_says.alive(job, at=5.0))
    Job.objects.filter(pk=job.pk).update(heartbeat_at=ahead)
    ended = JobFactory(handler="recorder", handled_at=None, finished_at=ahead)
    run_sweep()
    for one in (job, ended):
        one.refresh_from_db()
    assert job.heartbeat_at < timezone.now()
    assert ended.finished_at < timezone.now()


def test_a_worker_that_was_shut_down_costs_no_attempt(make_job: Any, worker_says: Any, run_sweep: Any) -> None:
    job = make_job(max_attempts=1)
    progress_record(worker_says.alive(job, at=5.0, phase=PHASE_INTERRUPTED))
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=20))
    run_sweep()
    job.refresh_from_db()
    assert (job.status, job.attempt, job.max_attempts) == (JobStatus.QUEUED, 2, 2)


def test_a_handler_that_died_is_called_again(handler: Any, run_sweep: Any) -> None:
    job = JobFactory(handler="recorder", handled_at=None, finished_at=timezone.now() - LONG_AGO)
    run_sweep()
    job.refresh_from_db()
    assert handler.calls == ["succeeded"]
    assert job.handled_at is not None


def test_one_jobs_trouble_does_not_stop_the_others(make_job: Any, worker_says: Any, storage: Any, handler: Any) -> None:
    broken, sound = make_job(), make_job()
    storage.write(f"jobs/{broken.id}/attempt-001/progress.json", b"{")
    worker_says.ended(sound)
    assert jobs_sweep() == 1
    sound.refresh_from_db()
    assert sound.status == JobStatus.SUCCEEDED


def test_registered_sweepers_are_called_although_one_raises() -> None:
    calls: list[int] = []

    def raises() -> None:
        raise RuntimeError

    def counts() -> None:
        calls.append(1)

    handlers.register_sweeper(raises)
    handlers.register_sweeper(counts)
    try:
        assert jobs_sweep() >= 1
    finally:
        handlers.unregister_sweeper(raises)
        handlers.unregister_sweeper(counts)
    assert calls == [1]


def test_a_queue_that_a_restart_emptied_gets_its_message_back(
    broker: str, make_job: Any, settings: Any, run_sweep: Any
) -> None:
    from celery import current_app

    place = (settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS)
    age(make_job())
    assert queue_length(current_app, place, QUEUE_PREDICT) == 1
    empty_broker(broker)
    assert queue_length(current_app, place, QUEUE_PREDICT) == 0
    run_sweep()
    assert queue_length(current_app, place, QUEUE_PREDICT) == 1


def empty_broker(url: str) -> None:
    """What a Redis that lost its memory, or a wiped folder, leaves."""
    from pathlib import Path
    from urllib.parse import urlparse

    from tests.support.databases import flush_redis

    if url.startswith("redis"):
        flush_redis(url)
        return
    for path in Path(urlparse(url).path).glob("messages/*"):
        path.unlink()


def test_a_broker_that_hangs_up_is_given_up_after_a_few_tries(settings: Any) -> None:
    calls: list[Any] = []

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            calls.append(self.client_address)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HangUp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{server.server_address[1]}/0"
        settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
        assert sending.waiting_messages("gpu-train") is None
        server.shutdown()
    assert 1 <= len(calls) <= 5
