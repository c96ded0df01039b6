"""Label histories of small worlds."""

from __future__ import annotations

import csv
from pathlib import Path

from annotation.exports.models import DatasetVersion, LabelHistory
from annotation.exports.services import labels_start
from tests.support.fake_gpu import FakeGpu


def off_by(name: str, place: int) -> int:
    """The first main network is off by three columns, later ones by two or five."""
    return {"unet-densenet121": 3, "unet-resnet18": 2}.get(name, 5)


def make_gpu() -> FakeGpu:
    return FakeGpu(shift=off_by, score=lambda name: 0.95 if name == "unet-densenet121" else 0.9)


def ready(version: DatasetVersion, gpu: FakeGpu | None = None) -> LabelHistory:
    labels_start(version=version, actor=None)
    (gpu or make_gpu()).work()
    history = LabelHistory.objects.get(version=version)
    assert history.ready_at is not None
    return history


def rows_of(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "labels.csv").open(newline="") as file:
        return {(row["image"], row["label"]): row for row in csv.DictReader(file)}
