"""Which mask a film had after each step: as people's acts say, drawn for all films, and kept as it was."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.test import override_settings
from PIL import Image as PILImage

from annotation.common.blobs import blobs
from annotation.exports.services import dataset_freeze, dataset_write, dataset_zip, labels_start
from annotation.images.models import ProjectImage
from annotation.masks.models import Mask
from annotation.projects.models import Project
from annotation.reviews.models import Adjudication, Edit, Selection, Verdict, Verification
from annotation.rounds.models import Round
from tests.annotation.exports.label_world import make_gpu, ready, rows_of
from tests.annotation.exports.test_files import tree
from tests.annotation.simulation.conftest import simulated
from tests.support.fake_gpu import dark_regions, shifted

pytestmark = pytest.mark.one_database

LABELS = ("candidate", "stage2", "stage3", "final")


@pytest.fixture(scope="module")
def simulation(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A whole project, worked once by simulated people who correct much of what networks draw; its storage's folder.

    It stands in the database until the last test of this file has ended; what a test writes is rolled back to it.
    """
    root = tmp_path_factory.mktemp("worked")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(STORAGE_URL=f"file://{root}/storage"):
            simulated(root, "--accept-dsc", "0.85", "--exclude-rule", "none", "--noise", "0.05", gpu=make_gpu())
        yield root / "storage"
        transaction.set_rollback(True)


@pytest.fixture
def worked(simulation: Path, tmp_path: Path) -> Iterator[Project]:
    """The simulated project, with a storage and a transaction of the test's own.

    Not by the fixture ``db``: that closes the connection after each test, and the simulation with it.
    """
    shutil.copytree(simulation, tmp_path / "storage")
    with transaction.atomic():
        yield Project.objects.get(slug="simulation")
        connection.check_constraints()
        transaction.set_rollback(True)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(PILImage.open(path).convert("L")) > 127


def told_by_acts(film: ProjectImage) -> dict[int, str]:
    """The mask id that the acts on a film leave after each stage, from the acts alone."""
    standing = {"counts": True, "superseded_by": None, "task__project_image": film, "task__is_probe": False}
    said: list[tuple[Any, int, str]] = []
    models: list[tuple[Any, Callable[[Any], Any]]] = [
        (Verdict, lambda act: act.task.proposal_id if act.decision == "accept" else None),
        (Adjudication, lambda act: act.result_id or (act.task.proposal_id if act.decision == "accept" else None)),
        (Edit, lambda act: act.result_id),
        (Selection, lambda act: act.picked_id),
        (Verification, lambda act: act.result_id),
    ]
    for model, mask_of in models:
        for act in model.objects.filter(**standing).exclude(decision="withdrawn"):
            if mask_of(act):
                said.append((act.created_at, act.task.batch.round.stage, str(mask_of(act))))
    found: dict[int, str] = {}
    for _, stage, mask in sorted(said):
        found = {**found, **dict.fromkeys(range(stage, 4), mask)}
    return found


def test_each_label_is_the_mask_that_peoples_acts_had_left_by_then(worked: Project, tmp_path: Path) -> None:
    version = dataset_freeze(projects=[worked], actor=None)
    ready(version)
    out = dataset_write(version, tmp_path / "out", labels=True)
    rows = rows_of(out)
    films = ProjectImage.objects.filter(project=worked, role="pool").exclude(state="excluded").select_related("image")
    assert len(rows) == 4 * len(films) == 4 * version.summary["films"]
    changed: Counter[str] = Counter()
    for film in films:
        name, by_stage = f"images/{film.image_id}.png", told_by_acts(film)
        grey = np.asarray(PILImage.open(io.BytesIO(blobs().read(film.image.rendition_key))).convert("L"))
        drawn = shifted(dark_regions(grey), 3)
        np.testing.assert_array_equal(pixels(out / rows[name, "candidate"]["mask"]), drawn)
        for stage, label in ((1, "stage2"), (2, "stage3"), (3, "final")):
            row = rows[name, label]
            expected = by_stage.get(stage, rows[name, "candidate"]["mask_id"])
            assert row["mask_id"] == expected
            data = (out / row["mask"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == row["mask_sha256"] == Mask.objects.get(pk=expected).sha256
            changed[label] += row["mask_id"] != rows[name, "candidate"]["mask_id"]
    assert 0 < changed["stage2"] < changed["stage3"] <= len(films)


def test_the_seconds_of_the_steps_add_up_to_the_manifests(worked: Project, tmp_path: Path) -> None:
    version = dataset_freeze(projects=[worked], actor=None)
    ready(version)
    out = dataset_write(version, tmp_path / "out", labels=True)
    rows = rows_of(out)
    for row in csv.DictReader((out / "manifest.csv").open(newline="")):
        spent = [float(rows[row["image"], label]["active_seconds"]) for label in LABELS]
        assert spent[0] == 0
        assert sum(spent) == pytest.approx(float(row["active_seconds"]), abs=0.01)
    assert sum(float(row["active_seconds"]) for row in rows.values()) > 0


def test_only_films_that_the_first_network_had_not_drawn_are_predicted_and_lists_of_films_stay(worked: Project) -> None:
    before = dict(ProjectImage.objects.filter(project=worked).values_list("pk", "confidence"))
    first = Round.objects.get(project=worked, stage=0).main_network
    assert first is not None
    drawn_before = set(Mask.objects.filter(model_version=first).values_list("image_id", flat=True))
    version = dataset_freeze(projects=[worked], actor=None)
    history = ready(version)
    (job,) = history.jobs.all()
    asked = {image["image_id"] for image in job.request["images"]}
    assert asked.isdisjoint(map(str, drawn_before))
    assert len(asked) + len(drawn_before) == version.summary["films"]
    assert job.request["models"][0]["weights_sha256"] == first.weights_sha256
    assert version.labels is not None
    assert version.labels["projects"][0]["network"]["weights_sha256"] == first.weights_sha256
    assert dict(ProjectImage.objects.filter(project=worked).values_list("pk", "confidence")) == before
    again = dataset_freeze(projects=[worked], actor=None)
    assert labels_start(version=again, actor=None).ready_at is not None, "all films have been drawn"
    assert not again.label_history.jobs.exists()


def test_plain_files_stay_byte_for_byte_and_those_of_the_history_are_the_same_each_time(
    worked: Project, tmp_path: Path
) -> None:
    version = dataset_freeze(projects=[worked], actor=None, include_seeds=True)
    plain = tree(dataset_write(version, tmp_path / "plain"))
    ready(version)
    assert tree(dataset_write(version, tmp_path / "again")) == plain
    with_labels = tree(dataset_write(version, tmp_path / "a", labels=True))
    more = {path: data for path, data in with_labels.items() if path not in plain}
    assert {path: with_labels[path] for path in plain if path != "SHA256SUMS"} == {
        path: data for path, data in plain.items() if path != "SHA256SUMS"
    }
    assert {"labels.csv", "labels.json"} < set(more)
    masks = {path: data for path, data in more.items() if path.startswith("labels/")}
    assert all(path == f"labels/{hashlib.sha256(data).hexdigest()}.png" for path, data in masks.items())
    named = {line.split("  ", 1)[1] for line in with_labels["SHA256SUMS"].decode().splitlines()}
    assert named == set(with_labels) - {"SHA256SUMS"}
    with zipfile.ZipFile(io.BytesIO(b"".join(dataset_zip(version, labels=True)))) as archive:
        assert archive.testzip() is None
        assert {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()} == with_labels


def test_seeds_are_drawn_like_all_films_and_named_as_those_that_the_network_was_trained_on(
    worked: Project, tmp_path: Path
) -> None:
    version = dataset_freeze(projects=[worked], actor=None, include_seeds=True)
    history = ready(version)
    rows = rows_of(dataset_write(version, tmp_path / "out", labels=True))
    network = Round.objects.get(project=worked, stage=0).main_network
    assert network is not None
    samples = {f"images/{one['sample_id']}.png": one["split"] for one in network.job.request["samples"]}
    for (image, label), row in rows.items():
        use = {"train": "trained", "validation": "selected", None: row["network_saw"]}[samples.get(image)]
        assert row["network_saw"] == use
        if image in samples:
            assert (row["provenance"] == "candidate") == (label == "candidate"), "a seed keeps its mask after stage I"
    counts = history.summary["projects"][0]["network_saw"]
    assert counts["trained"] == sum(split == "train" for split in samples.values())
    assert counts["selected"] == sum(split == "validation" for split in samples.values())
