"""A small exported dataset with its label history: procedural films, and masks that come nearer to the truth."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.dataset import Dataset, load_dataset
from mlbackend.benchmark.plan import Plan, make_plan
from mlbackend.benchmark.run import BenchmarkFolder
from mlbackend.data.phantom import PhantomFilm, generate_film
from mlbackend.data.reading import write_mask
from tests.mlbackend.benchmark.world import config, write_manifest

SIZE, FILMS, TESTED, SEEDS = 96, 16, 4, 2
SETS = ("candidate", "stage2", "stage3", "final")
SHIFT = 9
"""Columns by which a candidate is off."""
SETTLED_IN = {0: "stage2", 1: "stage2", 2: "stage3", 3: "final"}
"""By the film's number modulo four, the step in which a person mended its mask."""
COLUMNS = (
    "image", "target", "label", "mask", "mask_sha256", "mask_id", "step", "provenance", "round", "active_seconds",
    "network_saw",
)  # fmt: skip


def settled_by(number: int, label_set: str) -> bool:
    """Whether a person had mended the film's mask by the end of a step."""
    return SETS.index(SETTLED_IN[number % 4]) <= SETS.index(label_set)


@cache
def known_film(number: int) -> PhantomFilm:
    """Procedural film of this number; nobody may change its arrays."""
    return generate_film(number, size=SIZE, label="covid")


def write_dataset(root: Path, tasks: Sequence[str] = ("lung",), history: bool = True) -> Path:
    """Films of patients with two each; the first four are the verified test set. Returns the manifest."""
    rows, labels = [], []
    for number in range(FILMS):
        made = known_film(number)
        name = f"images/{number:02d}.png"
        row = {
            "image": name, "patient_id": f"p{number // 2}", "split_group": f"p{number // 2}", "label": "covid",
            "source": "north", "split": "test" if number < TESTED else "train",
            "provenance": "corrected" if number % 2 else "picked",
        }  # fmt: skip
        _write(root / name, cv2.imencode(".png", made.image)[1].tobytes())
        for task in tasks:
            truth = made.mask_lung if task == "lung" else made.mask_infection & made.mask_lung
            drawn = np.zeros_like(truth)
            drawn[:, SHIFT:] = truth[:, :-SHIFT]
            row[f"mask_{task}"] = f"masks_{task}/{number:02d}.png"
            _write(root / row[f"mask_{task}"], write_mask(truth))
            for label_set in SETS:
                data = write_mask(truth if settled_by(number, label_set) else drawn)
                digest = hashlib.sha256(data).hexdigest()
                path = row[f"mask_{task}"] if settled_by(number, label_set) else f"labels/{digest}.png"
                _write(root / path, data)
                mine = SETTLED_IN[number % 4] == label_set
                saw = "trained" if TESTED <= number < TESTED + SEEDS else ""
                labels.append(
                    [name, task, label_set, path, digest, "", "", "", "1", "60.000" if mine else "0.000", saw]
                )
        rows.append(row)
    if history:
        write_history(root, tasks, labels)
    return write_manifest(root, rows)


def write_history(root: Path, tasks: Sequence[str], labels: list[list[str]]) -> None:
    """``labels.csv`` and ``labels.json`` as an export writes them."""
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(labels)
    steps = [
        {"label": "stage2", "stage": 1, "name": "II", "kind": "evaluation", "state": "ended"},
        {"label": "stage3", "stage": 2, "name": "III", "kind": "selection", "state": "going on"},
    ]
    head = {"format": "groundwork-label-history", "version": 1}
    projects = [{"slug": task, "target": task, "steps": steps} for task in tasks]
    (root / "labels.json").write_text(json.dumps({**head, "projects": projects}))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def small(**changes: Any) -> BenchmarkConfig:
    """One small network on lungs, one epoch, all four label sets."""
    values: dict[str, Any] = {"tasks": ["lung"], "label_sets": list(SETS), "test": "fixed"}
    made = config(**(values | changes))
    return replace(made, training=replace(made.training, epochs=1))


def opened(root: Path, made: BenchmarkConfig, out: Path) -> tuple[BenchmarkFolder, Plan, Dataset]:
    """A benchmark's folder with its plan."""
    data = load_dataset(root / "manifest.csv", label_sets=made.label_sets)
    plan = make_plan(made, data)
    folder = BenchmarkFolder.at(out, data, made)
    folder.keep_plan(plan)
    return folder, plan, data


def arguments(tmp_path: Path, *more: str) -> list[str]:
    """Of the command, on the data and the folder below ``tmp_path``."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(small(label_sets=["final"], source="made up").to_json()))
    data = ["--config", str(path), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--no-cost"]
    return ["benchmark", *data, *more]
