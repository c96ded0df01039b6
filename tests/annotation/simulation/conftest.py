"""A small set of films with truth, and a run on them whose networks answer in milliseconds."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from annotation.projects.models import ProjectState
from annotation.rounds.services import project_start
from annotation.simulation.flags import add_flags
from annotation.simulation.folder import RunFolder
from annotation.simulation.people import People
from annotation.simulation.settings import Settings
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

SIDE = 64
FILMS = 40
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
    """A finished run."""

    report: dict[str, Any]
    folder: RunFolder
    manifest: Path
    lines: list[str]


@pytest.fixture
def simulate(db: None, tmp_path: Path) -> Callable[..., Ran]:
    """``simulate(*flags, gpu=FakeGpu(...))``: a whole run in this process."""
    from annotation.simulation.run import run
    from tests.support.fake_gpu import FakeGpu

    def work(gpu: FakeGpu) -> Callable[..., None]:
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

    def start(*flags: str, gpu: FakeGpu | None = None) -> Ran:
        manifest = write_films(tmp_path / "films")
        folder = RunFolder(tmp_path / "run")
        settings = settings_of(manifest, folder.root, *flags)
        lines: list[str] = []
        report = run(settings, folder, "manage.py simulate", lines.append, work(gpu or FakeGpu()))
        return Ran(report, folder, manifest, lines)

    return start
