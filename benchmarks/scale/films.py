"""Films by number, each the same on every run: procedural chests, most of them bent out of a few hundred drawn ones.

Drawing a chest takes a third of a second, which 33,920 times would be hours for nothing: what is measured does not look
at anatomy. So ``BASES`` chests are drawn, and every other film bends one of them by a smooth field, turns and
scales it, exposes it anew and adds noise: distinct films to every hash, of the usual number of bytes, with their truth.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mlbackend.data.phantom import LABELS, generate_film
from mlbackend.data.phantom.sources import SOURCES

SIZE = 512
BASES = 200
"""Chests that are drawn."""
GRID = 5
"""Points a side of the field that bends them."""
BEND = 0.02
"""Of the side: standard deviation of the field. Enough that no two films of one chest count as the same picture."""
COLUMNS = ("image", "mask_lung", "patient_id", "label", "view", "source", "convention")
SEED = 20_211


@dataclass(frozen=True)
class Made:
    """A film (H, W) uint8 with its lungs (H, W) bool."""

    image: NDArray[np.uint8]
    lungs: NDArray[np.bool_]


def draw_bases(folder: Path, processes: int, bases: int) -> None:
    """Draw what is not drawn yet: ``NUMBER.png`` and ``NUMBER-lungs.png``, the truth put into place last."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [n for n in range(bases) if not (folder / f"{n}-lungs.png").exists()]
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(_draw_base, repeat(folder), missing, chunksize=4))


def _draw_base(folder: Path, number: int) -> None:
    film = generate_film(SEED + number, size=SIZE, label=label_of(number), source=source_of(number))
    for name, pixels in ((f"{number}.png", film.image), (f"{number}-lungs.png", film.mask_lung.astype(np.uint8) * 255)):
        part = folder / f".part-{name}"
        part.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        part.replace(folder / name)


def label_of(base: int) -> str:
    """A chest's class."""
    return str(LABELS[base % len(LABELS)])


def source_of(base: int) -> str:
    """Where a chest comes from."""
    return str(SOURCES[(base // len(LABELS)) % len(SOURCES)].name)


@lru_cache(maxsize=BASES)
def _base(folder: Path, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image = cv2.imread(str(folder / f"{number}.png"), cv2.IMREAD_GRAYSCALE)
    lungs = cv2.imread(str(folder / f"{number}-lungs.png"), cv2.IMREAD_GRAYSCALE)
    return np.asarray(image, np.uint8), np.asarray(lungs, np.uint8)


@lru_cache(maxsize=4)
def lungs_of(folder: Path, number: int, bases: int) -> NDArray[np.bool_]:
    """The lungs of film ``number`` alone, kept for the next network that draws them."""
    return film_of(folder, number, bases, image=False).lungs


def film_of(folder: Path, number: int, bases: int, *, image: bool = True) -> Made:
    """Film ``number``; without ``image`` its lungs alone, which is quicker (the picture is empty then)."""
    picture, lungs = _base(folder, number % bases)
    if number < bases:
        return Made(picture, lungs > 0)
    rng = np.random.default_rng([SEED, number])
    x, y = _field(rng)
    bent_lungs = cv2.remap(lungs, x, y, cv2.INTER_NEAREST) > 0
    if not image:
        return Made(np.zeros((0, 0), np.uint8), bent_lungs)
    bent = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    bent *= _whole(_smooth(rng, 4, 1.0, 0.12))
    bent += _whole(_smooth(rng, 3, 0.0, 14.0))
    bent += np.roll(_noise(), tuple(rng.integers(0, SIZE, 2)), (0, 1)) * np.float32(rng.uniform(1.0, 3.0))
    return Made(np.clip(bent, 0, 255).astype(np.uint8), bent_lungs)


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(SEED).standard_normal((SIZE, SIZE), np.float32)


def _smooth(rng: np.random.Generator, points: int, mean: float, spread: float) -> NDArray[np.float32]:
    """A smooth field at an eighth of the side."""
    small = rng.normal(mean, spread, (points, points)).astype(np.float32)
    return np.asarray(cv2.resize(small, (SIZE // 8, SIZE // 8), interpolation=cv2.INTER_CUBIC))


def _whole(small: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR))


def _field(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel comes from: (H, W) columns and rows, float32."""
    angle = np.deg2rad(rng.uniform(-7, 7))
    across, down = rng.uniform(0.88, 1.12, 2)
    turn = np.array([[np.cos(angle) * across, -np.sin(angle)], [np.sin(angle), np.cos(angle) * down]], np.float32)
    middle = SIZE / 2
    places = (np.arange(SIZE // 8, dtype=np.float32) + 0.5) * 8 - 0.5 - middle
    columns, rows = np.meshgrid(places, places)
    x = turn[0, 0] * columns + turn[0, 1] * rows + middle + _smooth(rng, GRID, 0.0, BEND * SIZE)
    y = turn[1, 0] * columns + turn[1, 1] * rows + middle + _smooth(rng, GRID, 0.0, BEND * SIZE)
    return _whole(x.astype(np.float32)), _whole(y.astype(np.float32))


def name_of(number: int) -> str:
    """Path of a film in its manifest."""
    return f"image/film_{number:06d}.jpg"


def mask_name(number: int) -> str:
    """Path of its truth."""
    return f"mask_lung/film_{number:06d}.png"


def number_of(name: str) -> int:
    """Number of the film of that path."""
    return int(Path(name).stem.removeprefix("film_"))


def patient_of(number: int) -> str:
    """Every tenth patient has three films, every fifth of the others two."""
    block, place = divmod(number, 13)
    return f"scale-{block * 10 + (0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8)[place]}"


def write_part(folder: Path, bases_folder: Path, numbers: range, bases: int, processes: int, *, masks: bool) -> Path:
    """Films and their manifest, whose path is returned; with ``masks`` their truth too."""
    for name in ("image", "mask_lung"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        write = pool.map(
            _write_film, repeat(folder), repeat(bases_folder), numbers, repeat(bases), repeat(masks), chunksize=16
        )
        list(write)
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(_rows(numbers, bases, masks))
    return manifest


def _rows(numbers: range, bases: int, masks: bool) -> Iterator[dict[str, str]]:
    for number in numbers:
        yield {
            "image": name_of(number),
            "mask_lung": mask_name(number) if masks else "",
            "patient_id": patient_of(number),
            "label": label_of(number % bases),
            "view": ("PA", "AP")[number % 2],
            "source": source_of(number % bases),
            "convention": "heart_out",
        }


def _write_film(folder: Path, bases_folder: Path, number: int, bases: int, masks: bool) -> None:
    cv2.setNumThreads(1)
    made = film_of(bases_folder, number, bases)
    path = folder / name_of(number)
    # As scanners' archives give them away; and as PNG the originals alone would be 4 GB.
    path.write_bytes(cv2.imencode(".jpg", made.image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    if masks:
        truth = made.lungs.astype(np.uint8) * 255
        (folder / mask_name(number)).write_bytes(cv2.imencode(".png", truth)[1].tobytes())
