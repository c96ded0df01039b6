"""A folder of films with a manifest, to import from."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotation.masks.services.manifest_import import ImportReport, manifest_import
from annotation.projects.models import Project
from annotation.projects.protocol import get_protocol
from tests.factories import ProjectFactory
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

SIDE = 96


class Folder:
    """Writes films, masks and the manifest that names them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: list[dict[str, str]] = []
        self.manifest = root / "manifest.csv"

    @staticmethod
    def pixels(seed: int) -> np.ndarray:
        """A film whose details are its own, so that no two are near duplicates."""
        rng = np.random.default_rng(seed)
        details = sum(
            cv2.resize(rng.normal(0, 14, (n, n)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for n in (8, 40)
        )
        return np.clip(film_hw(SIDE, SIDE, seed).astype(float) + details, 0, 255).astype(np.uint8)

    def write(self, name: str, data: bytes) -> str:
        """A file; returns its name."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(data)
        return name

    def film(self, seed: int, *, mask: np.ndarray | None = None, **cells: str) -> dict[str, str]:
        """A good row with its two files; ``cells`` change it."""
        row = {
            "image": self.write(f"films/{seed}.png", png_bytes(self.pixels(seed))),
            "mask_lung": self.write(
                f"masks/{seed}.png", mask_png_bytes(lungs_hw(SIDE, SIDE, seed) if mask is None else mask)
            ),
            "patient_id": f"patient-{seed}",
            "label": ("normal", "covid")[seed % 2],
            "view": "PA",
            "source": "clinic",
            **cells,
        }
        self.rows.append(row)
        return row

    def save(self) -> Path:
        """Write the manifest."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row)) or ["image"]
        with self.manifest.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows)
        return self.manifest


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "films to import"
    root.mkdir()
    return Folder(root)


@pytest.fixture
def project(db: None) -> Project:
    protocol = get_protocol("covid-qu", I={"minimum_seeds": 2}, II={"batch_size": 2, "total": 2})
    return ProjectFactory(protocol=protocol.to_json())


@pytest.fixture
def bring(folder: Folder, project: Project) -> Callable[..., ImportReport]:
    """``bring(role="seed", ...)``: save the manifest and import it."""

    def run(**options: Any) -> ImportReport:
        options = {"role": "seed", "project": project, "convention": "heart_out", **options}
        return manifest_import(manifest=folder.save(), **options)

    return run
