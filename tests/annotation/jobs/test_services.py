"""Jobs are made, sent, watched, ended and handled; each message may come twice, late or never."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from annotation.accounts.models import User
from annotation.common.errors import InvalidInput, InvalidTransition
from annotation.common.models import AuditEvent
from annotation.jobs import sending
from annotation.jobs.models import ALLOWED, Job, JobEvent, JobStatus
from annotation.jobs.services import (
    job_cancel,
    job_create,
    job_dispatch,
    job_move,
    job_retry,
    progress_record,
    result_record,
)
from annotation.jobs.tasks import job_finished, job_progress
from mlbackend.contracts import (
    QUEUE_PREDICT,
    QUEUE_TRAIN,
    TASK_FINISHED,
    TASK_PREDICT,
    TASK_TRAIN,
    Outcome,
    PredictRequest,
    Progress,
    cancel_key,
    request_key,
)
from tests.factories import JobFactory, UserFactory
from tests.support.films import predict_request

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "task", "queue"), [("train", TASK_TRAIN, QUEUE_TRAIN), ("predict", TASK_PREDICT, QUEUE_PREDICT)]
)
def test_a_job_is_sent_by_name_when_its_transaction_commits(
    make_job: Any, sent: list[Any], kind: str, task: str, queue: str
) -> None:
    job = make_job(kind=kind)
    assert [(name, to) for name, _, to in sent] == [(task, queue)]
    assert (sent[0][1][0]["job_id"], sent[0][1][0]["attempt"]) == (str(job.id), 1)
    assert (job.status, job.attempt) == (JobStatus.QUEUED, 1)
    assert job.queued_at is not None


def test_what_was_asked_lies_in_storage_too(make_job: Any, storage: Any) -> None:
    job = make_job()
    stored = PredictRequest.from_json(json.loads(storage.read(request_key(str(job.id), 1))))
    assert (stored.job_id, stored.attempt) == (str(job.id), 1)


def test_a_request_outside_its_contract_is_refused_with_the_field(handler: Any, db: None) -> None:
    with pytest.raises(InvalidInput, match=r"PredictRequest\.threshold: expected float, got 'half'"):
        job_create(kind="predict", handler="recorder", request={**predict_request([]), "threshold": "half"})
    assert not Job.objects.exists()


def test_an_unknown_handler_is_refused_with_the_valid_names(handler: Any, db: None) -> None:
    with pytest.raises(InvalidInput) as caught:
        job_create(kind="predict", handler="nobody", request=predict_request([]))
    assert "recorder" in caught.value.remedy


def test_dispatching_twice_starts_one_attempt(make_job: Any, sent: list[Any]) -> None:
    job = make_job()
    assert job_dispatch(job.id).attempt == 1
    assert len(sent) == 1


def test_a_broker_out_of_reach_is_no_error_for_the_person(make_job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(sending, "_publish", unreachable)
    job = make_job()
    assert (job.status, job.queued_at) == (JobStatus.QUEUED, None)


@pytest.mark.parametrize("old", JobStatus.values)
def test_only_the_moves_of_the_table_are_possible(old: str) -> None:
    for new in JobStatus.values:
        job = JobFactory(status=old, error="some reason")
        if new in ALLOWED[old]:
            assert job_move(job.id, to=new, reason="test").status == new
            assert job.events.get().new == new
        else:
            with pytest.raises(InvalidTransition):
                job_move(job.id, to=new)
            job.refresh_from_db()
            assert (job.status, job.events.count()) == (old, 0)


def test_the_first_progress_makes_the_job_run(make_job: Any, worker_says: Any) -> None:
    job = make_job()
    message = worker_says.alive(job, at=10.0).to_json()
    for _ in range(2):
        job_progress(message)
    job.refresh_from_db()
    assert (job.status, job.worker, job.progress["at"]) == (JobStatus.RUNNING, "w1", 10.0)
    assert job.events.filter(new="running").count() == 1


@pytest.mark.parametrize("change", [{"attempt": 2}, {"attempt": 0}, {"job_id": "no id"}, {"at": 9.0}])
def test_progress_that_is_not_the_newest_of_this_attempt_is_ignored(make_job: Any, change: dict[str, Any]) -> None:
    job = make_job()
    now = {"job_id": str(job.id), "attempt": 1, "at": 10.0}
    progress_record(now)
    assert progress_record({**now, **change}) is None
    job.refresh_from_db()
    assert job.progress["at"] == 10.0


@pytest.mark.parametrize("outcome", Outcome)
def test_a_result_is_recorded_and_handled_once_however_often_it_is_announced(
    make_job: Any, worker_says: Any, handler: Any, outcome: Outcome
) -> None:
    job = make_job(kind="train")
    worker_says.ended(job, outcome, error="" if outcome == "succeeded" else "the reason")
    for _ in range(3):
        job_finished(str(job.id), 1)
    job.refresh_from_db()
    assert (job.status, handler.calls) == (outcome.value, [outcome.value])
    assert (job.result["outcome"], job.error) == (outcome.value, "" if outcome == "succeeded" else "the reason")
    assert job.handled_at is not None
    assert job.events.filter(new=outcome.value).count() == 1


def test_the_last_progress_in_storage_is_kept_with_the_result(make_job: Any, worker_says: Any) -> None:
    job = make_job()
    worker_says.alive(job, at=99.0)
    worker_says.ended(job)
    job_finished(str(job.id), 1)
    job.refresh_from_db()
    assert (job.status, job.progress["at"]) == (JobStatus.SUCCEEDED, 99.0)


def test_a_progress_file_that_cannot_be_read_does_not_keep_a_result_back(
    make_job: Any, worker_says: Any, storage: Any
) -> None:
    job = make_job()
    storage.write(f"jobs/{job.id}/attempt-001/progress.json", b"{")
    worker_says.ended(job)
    assert result_record(job.id, 1) is not None


def test_a_message_without_its_result_file_changes_nothing(make_job: Any, handler: Any) -> None:
    job = make_job()
    assert result_record(job.id, 1) is None
    job.refresh_from_db()
    assert (job.status, handler.calls) == (JobStatus.QUEUED, [])


def test_a_result_of_an_older_attempt_is_ignored(make_job: Any, worker_says: Any, handler: Any) -> None:
    job = make_job()
    worker_says.ended(job)
    Job.objects.filter(pk=job.pk).update(attempt=2)
    assert result_record(job.id, 1) is None
    assert handler.calls == []


def test_a_result_file_that_cannot_be_read_fails_the_job_in_words(make_job: Any, storage: Any) -> None:
    job = make_job()
    storage.write(f"jobs/{job.id}/attempt-001/result.json", b"{")
    result_record(job.id, 1)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "the result file of attempt 1 cannot be read" in job.error


def test_a_handler_that_raises_leaves_nothing_behind_and_is_called_again(
    make_job: Any, worker_says: Any, handler: Any
) -> None:
    job = make_job()
    worker_says.ended(job)
    handler.error = RuntimeError("storage is full")
    result_record(job.id, 1)
    job.refresh_from_db()
    assert (job.status, job.handled_at) == (JobStatus.SUCCEEDED, None)
    assert "storage is full" in job.error
    handler.error = None
    result_record(job.id, 1)
    job.refresh_from_db()
    assert job.handled_at is not None
    assert (job.error, handler.calls) == ("", ["succeeded", "succeeded"])


def test_what_a_failed_handler_wrote_is_undone(make_job: Any, worker_says: Any, handler: Any) -> None:
    job = make_job()
    worker_says.ended(job)
    handler.writes = lambda: UserFactory(username="half-done")
    handler.error = RuntimeError()
    result_record(job.id, 1)
    assert not User.objects.filter(username="half-done").exists()


def test_cancelling_ends_the_job_at_once_and_leaves_a_marker_for_its_worker(
    make_job: Any, user: Any, storage: Any, sent: list[Any], handler: Any, django_capture_on_commit_callbacks: Any
) -> None:
    job = make_job()
    with django_capture_on_commit_callbacks(execute=True):
        job_cancel(job.id, actor=user, reason="wrong films")
    assert storage.exists(cancel_key(str(job.id)))
    name, args, _ = sent[-1]
    assert name == TASK_FINISHED
    job_finished(*args)
    job.refresh_from_db()
    assert (job.status, job.error, handler.calls) == (JobStatus.CANCELLED, "wrong films", ["cancelled"])
    assert AuditEvent.objects.filter(action="job.cancel", actor=user).exists()


def test_an_ended_job_cannot_be_cancelled(user: Any) -> None:
    with pytest.raises(InvalidTransition):
        job_cancel(JobFactory().id, actor=user)


def test_a_result_that_comes_after_the_cancel_is_ignored(
    make_job: Any, user: Any, worker_says: Any, handler: Any
) -> None:
    job = make_job()
    job_cancel(job.id, actor=user)
    worker_says.ended(job)
    result_record(job.id, 1)
    job.refresh_from_db()
    assert (job.status, handler.calls) == (JobStatus.CANCELLED, ["cancelled"])


def test_a_cancelled_job_is_tried_again_as_a_new_attempt_without_its_marker(
    make_job: Any, user: Any, storage: Any, sent: list[Any], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    job = make_job()
    with django_capture_on_commit_callbacks(execute=True):
        job_cancel(job.id, actor=user)
    with django_capture_on_commit_callbacks(execute=True):
        job_retry(job.id, actor=user)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.error, job.finished_at) == (JobStatus.QUEUED, 2, "", None)
    assert not storage.exists(cancel_key(str(job.id)))
    assert sent[-1][1][0]["attempt"] == 2


def test_a_running_job_is_not_tried_again(make_job: Any, user: Any) -> None:
    with pytest.raises(InvalidTransition):
        job_retry(make_job().id, actor=user)


def test_every_change_of_state_has_its_event(make_job: Any, worker_says: Any) -> None:
    job = make_job()
    progress_record(Progress(job_id=str(job.id), attempt=1, at=1.0))
    worker_says.ended(job)
    result_record(job.id, 1)
    moves = list(JobEvent.objects.filter(job=job).values_list("old", "new"))
    assert moves == [("", "created"), ("created", "queued"), ("queued", "running"), ("running", "succeeded")]
