"""How a label history is had: asked for, drawn by jobs that fail and are tried again, downloaded, refused in words."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from annotation.common.errors import Conflict
from annotation.exports.models import DatasetVersion, LabelHistory
from annotation.exports.selectors import label_state
from annotation.exports.services import dataset_freeze, dataset_zip, labels_start
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import job_cancel, job_handle, jobs_sweep
from annotation.projects.models import Project, Role
from tests.annotation.exports.label_world import make_gpu, ready
from tests.annotation.exports.world import settled
from tests.annotation.rounds.world import World
from tests.factories import ImageFactory, ModelVersionFactory, ProjectFactory, RoundFactory, member

pytestmark = pytest.mark.one_database


@pytest.fixture
def begun(db: None) -> Project:
    """A project whose first batch is settled: the first network has drawn that batch, and not the ten seeds."""
    world = World()
    world.start()
    world.accept_all()
    return world.project


def test_a_failed_prediction_is_told_and_the_next_start_tries_it_again(begun: Project) -> None:
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    gpu = make_gpu()
    gpu.fail.append("memory is full")
    labels_start(version=version, actor=None)
    assert label_state(version)["waiting"] is True
    gpu.work()
    assert label_state(version) | {"total": 0} == {
        "state": "failed", "error": "memory is full", "done": 0, "total": 0, "waiting": False,
    }  # fmt: skip
    with pytest.raises(Conflict, match="failed"):
        dataset_zip(version, labels=True)
    ready(version, gpu)
    assert label_state(version)["state"] == "ready"
    assert Job.objects.filter(handler="labels").count() == 1, "tried again, not made anew"


def test_over_rest_it_is_started_followed_and_downloaded_by_a_researcher(
    begun: Project, api_as: Callable[[Any], APIClient]
) -> None:
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    client = api_as(member(begun, Role.RESEARCHER))
    address = f"/api/projects/{begun.slug}/datasets"
    started = client.post(f"{address}/{version.number}/labels")
    assert (started.status_code, started.json()["label_history"]["state"]) == (200, "drawing")
    early = client.get(f"{address}/{version.number}/download?labels=true", HTTP_ACCEPT="application/zip")
    error = json.loads(early.content)["error"]
    assert (early.status_code, error["value"]) == (409, "drawing")
    assert "wait" in error["remedy"]
    make_gpu().work()
    assert client.get(address).json()["results"][0]["label_history"]["state"] == "ready"
    answer = client.get(f"{address}/{version.number}/download?labels=true", HTTP_ACCEPT="application/zip")
    assert answer["Content-Disposition"].endswith(f'v{version.number}-labels.zip"')
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert any(name.endswith("/labels.csv") for name in archive.namelist())
    wrong = client.get(f"{address}/{version.number}/download?labels=perhaps")
    assert wrong.status_code == 400


def test_the_command_waits_for_the_history_and_writes_it(
    begun: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = make_gpu()
    monkeypatch.setattr("annotation.exports.management.commands.export_dataset.time.sleep", lambda s: gpu.work())
    gpu.fail.append("memory is full")
    wanted = ["export_dataset", "--project", begun.slug, "--out", str(tmp_path / "a"), "--labels", "--include-seeds"]
    with pytest.raises(CommandError, match="memory is full"):
        call_command(
            "export_dataset", "--project", begun.slug, "--out", str(tmp_path / "a"), "--labels", "--include-seeds"
        )
    assert not (tmp_path / "a").exists()
    call_command(*wanted)
    assert (tmp_path / "a/labels.csv").is_file()
    assert "no GPU worker has begun yet" in capsys.readouterr().out


def test_a_cancelled_prediction_counts_as_failed(begun: Project) -> None:
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    labels_start(version=version, actor=None)
    job = version.label_history.jobs.get()
    job_cancel(job.pk, actor=None, reason="not now")
    job_handle(job.pk)
    assert label_state(version)["error"] == "not now"
    ready(version)


def test_started_twice_handled_twice_and_swept_it_is_one_history(begun: Project) -> None:
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    first = ready(version)
    kept = list(first.candidates.order_by("pk").values_list("pk", "mask_id"))
    assert labels_start(version=version, actor=None).pk == first.pk
    Job.objects.filter(handler="labels").update(handled_at=None)
    job_handle(first.jobs.get().pk)
    assert jobs_sweep() == 0
    assert list(LabelHistory.objects.get(pk=first.pk).candidates.order_by("pk").values_list("pk", "mask_id")) == kept


def test_a_history_whose_last_handler_died_is_made_ready_by_the_sweep(begun: Project) -> None:
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    history = ready(version)
    other = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    late = LabelHistory.objects.create(version=other)
    late.jobs.set(history.jobs.all())
    assert jobs_sweep() == 0
    late.refresh_from_db()
    assert late.ready_at is not None
    assert late.content_sha256 == history.content_sha256, "the same masks, the same hash"


def test_films_are_shared_among_jobs_and_the_last_one_makes_the_history_ready(
    begun: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.exports.services.labels.FILMS_PER_JOB", 4)
    version = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    labels_start(version=version, actor=None)
    jobs = list(version.label_history.jobs.order_by("created_at"))
    assert len(jobs) > 1
    gpu = make_gpu()
    for job in jobs[:-1]:
        gpu.work_job(job.pk)
    state = label_state(version)
    assert (state["state"], state["done"]) == ("drawing", 4 * (len(jobs) - 1))
    gpu.work_job(jobs[-1].pk)
    assert label_state(version)["state"] == "ready"
    assert all(job.kind == JobKind.PREDICT and job.max_attempts > 1 for job in jobs), "a killed worker is replaced"
    assert Job.objects.filter(handler="labels").exclude(status=JobStatus.SUCCEEDED).count() == 0


def test_a_version_frozen_before_histories_were_kept_says_so_and_the_next_freeze_keeps_one(begun: Project) -> None:
    now = dataset_freeze(projects=[begun], actor=None, include_seeds=True)
    old = DatasetVersion(
        **{f.attname: getattr(now, f.attname) for f in DatasetVersion._meta.fields if f.name not in ("id", "number")},
        number=now.number + 1,
    )
    old.labels = None
    old.save()
    assert label_state(old)["state"] == "not_kept"
    with pytest.raises(Conflict, match="frozen before label histories were kept"):
        labels_start(version=old, actor=None)
    with pytest.raises(Conflict, match="frozen before label histories were kept"):
        dataset_zip(old, labels=True)
    assert dataset_freeze(projects=[begun], actor=None, include_seeds=True, reuse=True).labels is not None


def test_the_stream_with_the_history_holds_one_film_at_a_time(db: None) -> None:
    project = ProjectFactory(slug="large")
    network = ModelVersionFactory(project=project, job__request={"samples": []})
    RoundFactory(project=project, number=1, stage=0, name="I", kind="initial_training", main_network=network)
    for seed in range(20):
        settled(project, image=ImageFactory(width=900, height=900, seed=seed), pixels=np.zeros((900, 900), bool))
    version = dataset_freeze(projects=[project], actor=None)
    ready(version)
    largest = total = 0
    tracemalloc.start()
    try:
        for chunk in dataset_zip(version, labels=True):
            largest, total = max(largest, len(chunk)), total + len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > 10e6
    assert largest < total / 8
    assert peak < 6e6
