"""A small set of films with truth, and a run on them whose networks answer in milliseconds."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from annotation.exports.services import labels_start
from annotation.masks.models import Mask
from annotation.projects.models import ProjectState
from annotation.reviews.models import ACT_MODELS, ReviewTask, Selection, Verdict
from annotation.rounds.services import project_start
from annotation.simulation.flags import add_flags
from annotation.simulation.folder import RunFolder
from annotation.simulation.people import People
from annotation.simulation.run import run
from annotation.simulation.settings import Settings
from tests.support.fake_gpu import FakeGpu
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

SIDE = 64
FILMS = 30
TURNS = 2000


def write_films(folder: Path, count: int = FILMS) -> Path:
    """Films of patients with one or two each, two classes, with their truth."""
    rows = []
    for number in range(count):
        row = {
            "image": f"films/{number:03d}.png", "mask_lung": f"truth/{number:03d}.png",
            "patient_id": f"patient-{number - number % 3 // 2}", "label": "TB" if number // 3 % 2 else "normal",
            "source": "clinic",
        }  # fmt: skip
        pictures = {
            "image": png_bytes(film_hw(SIDE, SIDE, number)),
            "mask_lung": mask_png_bytes(lungs_hw(SIDE, SIDE, number)),
        }
        for column, data in pictures.items():
            path = folder / row[column]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        rows.append(row)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "manifest.csv"


def settings_of(manifest: Path, out: Path, *flags: str) -> Settings:
    """Settings as the command makes them."""
    parser = ArgumentParser()
    add_flags(parser)
    small = ["--seed-count", "10", "--batch-size", "6", "--batches", "2", "--candidates", "3", "--image-size", "64"]
    given = parser.parse_args(["--manifest", str(manifest), "--out", str(out), *small, "--epochs", "1", *flags])
    return Settings.from_options(vars(given))


@dataclass
class Ran:
    """A finished run. ``facts`` are what the database said at its end."""

    report: dict[str, Any]
    folder: RunFolder
    manifest: Path
    facts: dict[str, Any] = field(default_factory=dict)


def work_with(gpu: FakeGpu) -> Callable[..., None]:
    """Networks and people take turns until the project is finished."""

    def walk(project: Any, people: People, folder: RunFolder, write: Any) -> None:
        project_start(project=project, actor=None)
        for _ in range(TURNS):
            gpu.walk(project)
            if not people.work_once():
                project.refresh_from_db()
                assert project.state == ProjectState.FINISHED, project.rounds.last().steps.exclude(error="").first()
                return
        raise AssertionError("the project goes on and on")

    return walk


def draw_with(gpu: FakeGpu) -> Callable[..., None]:
    """The first network draws the label history's films at once."""

    def draw(version: Any, folder: RunFolder, write: Any) -> None:
        labels_start(version=version, actor=None)
        gpu.work()

    return draw


def simulated(root: Path, *flags: str, gpu: FakeGpu) -> Ran:
    """A whole run in this process and its database."""
    manifest = write_films(root / "films")
    folder = RunFolder(root / "run")
    settings = settings_of(manifest, folder.root, *flags)
    report = run(settings, folder, "manage.py simulate", lambda line: None, work_with(gpu), draw_with(gpu))
    return Ran(report, folder, manifest)


@pytest.fixture
def simulate(db: None, tmp_path: Path) -> Callable[..., Ran]:
    """``simulate(*flags, gpu=FakeGpu(...))``."""
    return partial(simulated, tmp_path)


@pytest.fixture(scope="module")
def ran(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run for all tests that only look at it: half of what networks draw can be used."""
    root = tmp_path_factory.mktemp("ran")
    gpu = FakeGpu(shift=lambda name, place: 1 if name == "unet-resnet18" else 8, score=lambda name: 0.9)
    with (
        override_settings(STORAGE_URL=f"file://{root}/storage"),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        made = simulated(root, "--accept-dsc", "0.85", "--exclude-rule", "none", gpu=gpu)
        made.facts = facts()
        transaction.set_rollback(True)
    return made


def facts() -> dict[str, Any]:
    """Counts straight from the tables."""
    people = ReviewTask.objects.values_list("role", "done_by__username")
    return {
        "verdicts": Counter(Verdict.objects.values_list("task__batch__name", "decision")),
        "selections": Selection.objects.count(),
        "active_seconds": sum(sum(m.objects.values_list("active_seconds", flat=True)) for m in ACT_MODELS.values()),
        "people": {role: {name for r, name in people if r == role} for role in ("annotator", "physician")},
        "seed_masks": Mask.objects.filter(kind="seed").count(),
    }
