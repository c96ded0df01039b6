"""Two sweeps at once, in processes of their own, on whichever database the tests use."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from annotation.jobs.models import Job, JobEvent, JobStatus
from annotation.jobs.services import ENDED, jobs_sweep
from annotation.masks.models import Mask, ModelVersion
from annotation.reviews.models import ReviewTask
from annotation.rounds.models import Round, RoundStep
from annotation.rounds.services import project_start
from tests.annotation.reviews.racing import race
from tests.annotation.rounds.world import World
from tests.support.fake_gpu import FakeGpu

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 3


@pytest.fixture
def silent_gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    """A worker whose messages are lost: only its files tell what it did."""
    monkeypatch.setattr("tests.support.fake_gpu.result_record", lambda job_id, attempt: None)
    return FakeGpu()


def sweeps() -> list[Any]:
    return race(*[jobs_sweep] * AT_ONCE)


def test_sweeps_that_run_at_once_record_each_result_once_and_take_each_step_once(
    transactional_db: None, silent_gpu: FakeGpu
) -> None:
    world = World()
    project_start(project=world.project, actor=world.people["admin"])
    for _ in range(6):
        assert sweeps() == [0] * AT_ONCE
        silent_gpu.work()
        # As if the sweep had not been there for a while: handlers that did not run are due too.
        Job.objects.filter(handled_at=None, status__in=ENDED).update(finished_at=timezone.now().replace(year=2020))
    ends = Counter(JobEvent.objects.filter(new__in=ENDED).values_list("job", flat=True))
    assert ends == Counter(Job.objects.values_list("pk", flat=True))
    assert set(Job.objects.values_list("status", "attempt")) == {(JobStatus.SUCCEEDED, 1)}
    trainings, predictions = Job.objects.filter(kind="train"), Job.objects.filter(kind="predict")
    assert Counter(ModelVersion.objects.values_list("job", flat=True)) == Counter(
        trainings.values_list("pk", flat=True)
    )
    (prediction,) = predictions
    assert Mask.objects.filter(job=prediction).count() == len(prediction.request["images"])
    assert [(one.name, one.state) for one in Round.objects.order_by("number")] == [("I", "closed"), ("II.1", "open")]
    assert RoundStep.objects.get(round__name="II.1", kind="review").state == "running"
    assert ReviewTask.objects.count() == len(prediction.request["images"])
