"""Sets of procedural films: patients with one to three films each, several sources, all classes; and their manifest."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mlbackend.data.phantom.canvas import stream
from mlbackend.data.phantom.disease import LABELS
from mlbackend.data.phantom.film import PhantomFilm, check_request, generate_film
from mlbackend.data.phantom.sources import SOURCES

COLUMNS = (
    "image",
    "mask_lung",
    "mask_infection",
    "patient_id",
    "label",
    "view",
    "source",
    "set",
    "severity",
    "width",
    "height",
    "convention",
)
VERSION = 1
"""Rises with every change of what is drawn, so that an older folder is drawn again."""

_MASKS = ("mask_lung", "mask_infection")


def generate_set(
    count: int,
    seed: int = 0,
    size: int = 512,
    *,
    convention: str = "heart_out",
    films_per_patient: tuple[float, float, float] = (0.7, 0.2, 0.1),
) -> Iterator[PhantomFilm]:
    """Yield ``count`` films, lazily; a shorter set is the beginning of a longer one with the same seed.

    ``films_per_patient`` are the chances of one, two and three films. A patient stays with one source and one class;
    pose, exposure and severity change from film to film. Raises ValueError for a count below 1 or chances that do not
    sum to 1.
    """
    if count < 1:
        raise ValueError(f"count: {count} is less than one film; give 1 or more")
    if len(films_per_patient) != 3 or abs(sum(films_per_patient) - 1) > 1e-6:
        raise ValueError(f"films_per_patient: {films_per_patient} must be three chances that sum to 1")
    rng = stream(seed, "set")
    weights = np.array([s.weight for s in SOURCES])
    made = 0
    while made < count:
        patient_seed = int(rng.integers(1, 10**8))
        source = SOURCES[int(rng.choice(len(SOURCES), p=weights / weights.sum()))]
        label = str(rng.choice(LABELS))
        film_seeds = rng.integers(1, 2**31, int(rng.choice(3, p=films_per_patient)) + 1)
        for film_seed in film_seeds[: count - made]:
            yield generate_film(
                int(film_seed),
                size=size,
                label=label,
                convention=convention,
                patient_seed=patient_seed,
                source=source.name,
            )
            made += 1


def write_set(folder: Path | str, count: int, seed: int = 0, size: int = 512, *, convention: str = "heart_out") -> Path:
    """Write films and masks as PNG with ``manifest.csv``, whose path is returned.

    A folder that already holds this very set, complete and unchanged, is left as it is. ``set.json`` goes into place
    last: without it a folder counts as unfinished and is written again. A normal film's infection mask is written, and
    is empty. Raises ValueError for bad arguments (see ``generate_film``), OSError where the folder cannot be written.
    """
    check_request(seed=seed, size=size, convention=convention)
    if count < 1:
        raise ValueError(f"count: {count} is less than one film; give 1 or more")
    folder = Path(folder)
    manifest, stamp = folder / "manifest.csv", folder / "set.json"
    wanted = {"version": VERSION, "count": count, "seed": seed, "size": size, "convention": convention}
    if _holds(folder, stamp, wanted):
        return manifest
    stamp.unlink(missing_ok=True)
    for name in ("image", *_MASKS):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for old in (folder / name).glob("phantom_*.png"):
            old.unlink()
    rows, sums = [], {}
    for index, film in enumerate(generate_set(count, seed, size, convention=convention)):
        name = f"phantom_{index:05d}.png"
        row = {
            "patient_id": film.patient_id,
            "label": film.label,
            "view": film.view,
            "source": film.source,
            "set": "phantom",
            "severity": f"{film.severity:.3f}",
            "width": size,
            "height": size,
            "convention": convention,
        }
        pictures = {"image": film.image, **{m: getattr(film, m).astype(np.uint8) * 255 for m in _MASKS}}
        for column, pixels in pictures.items():
            row[column] = f"{column}/{name}"
            data = cv2.imencode(".png", pixels)[1].tobytes()
            (folder / str(row[column])).write_bytes(data)
            sums[str(row[column])] = hashlib.sha256(data).hexdigest()
        rows.append(row)
    with manifest.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    sums["manifest.csv"] = hashlib.sha256(manifest.read_bytes()).hexdigest()
    stamp.write_text(json.dumps({**wanted, "sha256": sums}, indent=1), encoding="utf-8")
    return manifest


def _holds(folder: Path, stamp: Path, wanted: dict[str, object]) -> bool:
    """Whether the folder holds that set with every file unchanged."""
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
        sums = found.pop("sha256")
        return found == wanted and all(
            hashlib.sha256((folder / name).read_bytes()).hexdigest() == value for name, value in sums.items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False
