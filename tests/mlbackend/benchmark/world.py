"""A small dataset on disk: lungs as two ellipses, infection as a bright spot in one of them, two films a patient."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.contracts import TrainingSettings
from mlbackend.data.reading import write_mask

COLUMNS = (
    "image",
    "mask_lung",
    "mask_infection",
    "patient_id",
    "label",
    "source",
    "split",
    "split_group",
    "provenance",
)


def film(seed: int, *, infected: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Film (96, 80) uint8, lungs and infection bool."""
    rng = np.random.default_rng(seed)
    lungs, spot = np.zeros((96, 80), np.uint8), np.zeros((96, 80), np.uint8)
    for x in (22, 58):
        centre = (x + int(rng.integers(-2, 3)), 48 + int(rng.integers(-4, 5)))
        cv2.ellipse(lungs, centre, (12, 30), 0, 0, 360, 1, -1)
    if infected:
        x = 22 if rng.random() < 0.5 else 58
        cv2.circle(spot, (x, int(rng.integers(35, 62))), int(rng.integers(4, 8)), 1, -1)
    spot &= lungs
    details = sum(cv2.resize(rng.normal(0, 14, (n, n)), (80, 96), interpolation=cv2.INTER_CUBIC) for n in (8, 20, 40))
    grey = 130.0 - 70 * lungs + 90 * spot + details
    return np.clip(grey, 0, 255).astype(np.uint8), lungs.astype(bool), spot.astype(bool)


def write_films(root: Path, count: int = 24, **changes: Any) -> Path:
    """Films of ``count`` // 2 patients with two films each; every third film is normal. Returns the manifest.

    ``changes`` are columns that all rows get.
    """
    rows = []
    for folder in ("images", "lungs", "infections"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        infected = index % 3 > 0
        grey, lungs, spot = film(index, infected=infected)
        cv2.imwrite(str(root / f"images/{index:02d}.png"), grey)
        (root / f"lungs/{index:02d}.png").write_bytes(write_mask(lungs))
        row = {
            "image": f"images/{index:02d}.png",
            "mask_lung": f"lungs/{index:02d}.png",
            "patient_id": f"p{index // 2:02d}",
            "label": "covid" if infected else "normal",
            "source": "north" if index % 4 < 2 else "south",
        }
        if infected:
            (root / f"infections/{index:02d}.png").write_bytes(write_mask(spot))
            row["mask_infection"] = f"infections/{index:02d}.png"
        rows.append({**row, **changes})
    return write_manifest(root, rows)


def write_manifest(root: Path, rows: list[dict[str, str]]) -> Path:
    """The rows as ``manifest.csv`` below ``root``."""
    path = root / "manifest.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_manifest(path: Path) -> list[dict[str, str]]:
    """Its rows."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def config(**changes: Any) -> BenchmarkConfig:
    """Two small networks, two folds, 32 px."""
    values: dict[str, Any] = {
        "name": "small",
        "architectures": ["fpn"],
        "encoders": ["mobilenet_v2"],
        "encoder_weights": "none",
        "folds": 2,
        "training": TrainingSettings(
            image_size=32,
            batch_size=4,
            epochs=2,
            learning_rate=1e-3,
            schedule="constant",
            early_stopping=0,
            precision="fp32",
            threads=1,
        ),
    }
    return BenchmarkConfig(**(values | changes))
