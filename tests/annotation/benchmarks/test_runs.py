"""A run on the platform: its steps' order, its workers, its stops."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils import timezone

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun, RunState
from annotation.benchmarks.services import benchmark_cancel, benchmark_retry, benchmark_start, runs_advance
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput, NotAllowed
from annotation.common.models import AuditEvent
from annotation.exports.models import DatasetVersion
from annotation.jobs.models import Job, JobStatus, Worker
from annotation.jobs.services import job_handle
from annotation.projects.models import Role
from mlbackend.contracts import QUEUE_TRAIN, BenchmarkWish
from tests.annotation.benchmarks.world import STEPS, begin, end, failing, project, version_of, waiting, work_all
from tests.factories import member

pytestmark = pytest.mark.django_db
REDUCED = BenchmarkWish("reduced")


@pytest.fixture
def version() -> DatasetVersion:
    return version_of()


@pytest.fixture
def rita(version: DatasetVersion) -> User:
    return member(project(), Role.RESEARCHER)


def start(version: DatasetVersion, rita: User, wish: BenchmarkWish = REDUCED) -> BenchmarkRun:
    return benchmark_start(version=version, wish=wish, actor=rita)


def workers(count: int) -> None:
    for number in range(count):
        Worker.objects.create(name=f"gpu-{number}", queues=[QUEUE_TRAIN], seen_at=timezone.now())


def test_steps_follow_the_plan_in_its_order_and_end_with_the_report(version: DatasetVersion, rita: User) -> None:
    run = start(version, rita)
    assert work_all() == ["plan", *(step.key for step in STEPS)]
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FINISHED, "")
    assert run.lines[0]["dsc"] == 0.95
    assert run.cautions == ["few patients"]
    assert AuditEvent.objects.filter(action="benchmark.start", actor=rita).count() == 1


def test_as_many_steps_run_at_once_as_workers_live(version: DatasetVersion, rita: User) -> None:
    start(version, rita)
    end(waiting()[0])
    assert len(waiting()) == 1, "one waits where nobody has been seen"
    workers(4)
    runs_advance()
    assert {job.request["step"]["key"] for job in waiting()} == {"lung.a.fold1", "lung.b.fold1"}, "the rest must wait"


def test_a_step_waits_for_all_that_it_needs_and_a_failed_one_holds_nothing_up(
    version: DatasetVersion, rita: User
) -> None:
    run = start(version, rita)
    workers(3)
    end(waiting()[0])
    first, second = waiting()
    end(first, failing("lung.a.fold1"))
    assert [job.pk for job in waiting()] == [second.pk]
    end(second)
    assert work_all() == ["lungs.fold1", "infection.a.fold1", "report"]
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


def test_the_end_of_a_step_heard_twice_starts_what_follows_once(version: DatasetVersion, rita: User) -> None:
    run = start(version, rita)
    plan = waiting()[0]
    end(plan)
    Job.objects.filter(pk=plan.pk).update(handled_at=None)
    job_handle(plan.pk)
    runs_advance()
    assert run.steps.count() == 1 + len(STEPS)
    assert len(waiting()) == 1


def test_a_plan_that_fails_ends_the_run_with_its_words_and_can_be_tried_again(
    version: DatasetVersion, rita: User
) -> None:
    run = start(version, rita)
    end(waiting()[0], failing("plan"))
    run.refresh_from_db()
    assert (run.state, run.error, bool(run.finished_at)) == (RunState.FAILED, "memory was full", True)
    assert not waiting()
    benchmark_retry(run=run, actor=rita)
    work_all()
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FINISHED, "")


def test_what_failed_is_tried_again_alone_and_the_report_is_written_anew(version: DatasetVersion, rita: User) -> None:
    run = start(version, rita)
    work_all(failing("lung.b.fold1"))
    benchmark_retry(run=run, actor=rita)
    assert work_all() == ["lung.b.fold1", "report"]
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    with pytest.raises(Conflict, match="nothing to try again"):
        benchmark_retry(run=run, actor=rita)


def test_a_cancelled_run_starts_nothing_more_and_goes_on_where_it_was(version: DatasetVersion, rita: User) -> None:
    run = start(version, rita)
    end(waiting()[0])
    begun = begin(waiting()[0])
    benchmark_cancel(run=run, actor=rita)
    begun.refresh_from_db()
    assert begun.status == JobStatus.CANCELLED
    job_handle(begun.pk)
    runs_advance()
    assert not waiting()
    with pytest.raises(Conflict, match="only a running one is cancelled"):
        benchmark_cancel(run=run, actor=rita)
    benchmark_retry(run=run, actor=rita)
    (again,) = waiting()
    assert (again.pk, again.attempt) == (begun.pk, 2), "the same job, so that its checkpoints are found"
    work_all()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


def test_what_a_worker_still_says_of_a_cancelled_run_changes_nothing(version: DatasetVersion, rita: User) -> None:
    run = start(version, rita)
    job = begin(waiting()[0])
    benchmark_cancel(run=run, actor=rita)
    end(job)
    run.refresh_from_db()
    assert (run.state, run.steps.count()) == (RunState.CANCELLED, 1)


def test_the_films_travel_by_storage_key_with_their_patients_splits_and_masks(
    version: DatasetVersion, rita: User
) -> None:
    run = start(version, rita)
    rows = list(csv.DictReader(io.StringIO(blobs().read(run.prefix + "manifest.csv").decode())))
    assert {row["film_id"] for row in rows} == {str(item.image_id) for item in version.items.all()}
    assert all(blobs().exists(row["image"]) and blobs().exists(row["mask_lung"]) for row in rows)
    sick = [row for row in rows if row["mask_infection"]]
    assert len(sick) == 2
    assert {row["label"] for row in sick} == {"covid"}
    assert len({row["split_group"] for row in rows} - {""}) == 3


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        ({"config": "/etc/passwd"}, "config", "reduced, tahir2021"),
        ({"networks": ["vnet"]}, "networks", "use some of"),
        ({"negatives": ["healthy"]}, "negatives", "covid, normal"),
        ({"image_size": 33}, "image_size", "image_size"),
        ({"folds": [7]}, "fold", "fold"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_before_anything_is_made(
    version: DatasetVersion, rita: User, wish: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        start(version, rita, BenchmarkWish(**{"config": "reduced", **wish}))
    assert caught.value.field == field
    assert words in f"{caught.value} {caught.value.remedy}"
    assert not BenchmarkRun.objects.exists()
    assert not blobs().list("benchmarks/")


def test_a_task_without_masks_is_refused_with_the_way_to_some(version: DatasetVersion, rita: User) -> None:
    from annotation.exports.services import dataset_freeze

    alone = dataset_freeze(projects=[project()], actor=None)
    with pytest.raises(InvalidInput, match="has no masks of infection") as caught:
        start(alone, rita)
    assert "choose the task lung alone" in caught.value.remedy
    assert start(alone, rita, BenchmarkWish("reduced", tasks=["lung"])).number == 1


def test_only_researchers_and_admins_start_one(version: DatasetVersion) -> None:
    with pytest.raises(NotAllowed):
        start(version, member(project(), Role.ANNOTATOR))
