"""Training films in memory: decoded once, at the working size, as uint8."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlbackend.contracts import Split, TrainSample
from mlbackend.data.memory import FilmMemory
from mlbackend.storage import Storage


@dataclass(frozen=True)
class FilmSet:
    """Films of one split at the working size."""

    images: npt.NDArray[np.uint8]
    """(N, H, W), 0..255."""
    masks: npt.NDArray[np.bool_]
    """(N, H, W)."""
    sample_ids: tuple[str, ...]
    patients: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sample_ids)


@dataclass(frozen=True)
class TrainingData:
    """Films by split, and the hash that names exactly this data."""

    train: FilmSet
    validation: FilmSet
    grown: FilmSet
    """Validation films of later batches, which select nothing; often none."""
    data_hash: str


def load_training_data(
    samples: Sequence[TrainSample],
    storage: Storage,
    size: int,
    *,
    on_film: Callable[[int, int], None] = lambda done, total: None,
    memory: FilmMemory | None = None,
) -> TrainingData:
    """Read all samples at ``size`` x ``size`` pixels; films are ordered by sample id, whatever the request's order.

    ``data_hash`` is the sha256 over the sorted samples' id, split, patient, and sha256 of image and mask files.
    ``on_film(done, total)`` is called after each film; ``memory`` keeps decoded files of this ``storage`` for the next
    training. Raises ImageError where a file cannot be read or a mask does not fit its film.
    """
    ordered = sorted(samples, key=lambda sample: sample.sample_id)
    files = FilmMemory(storage, 0) if memory is None else memory

    def load(sample: TrainSample) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], str]:
        name = f"of sample {sample.sample_id!r}"
        film = files.image(sample.image_key, size, f"image {name}")
        mask = files.mask(sample.mask_key, size, f"mask {name}", film)
        parts = [sample.sample_id, sample.split, sample.patient, film.sha256, mask.sha256]
        pixels = np.asarray(film.pixels, np.uint8)
        if sample.region_key:
            region = files.mask(sample.region_key, size, f"region {name}", film)
            pixels = np.where(region.pixels, pixels, 0).astype(np.uint8)
            parts.append(region.sha256)
        return pixels, np.asarray(mask.pixels, bool), "\t".join(parts)

    images = np.empty((len(ordered), size, size), np.uint8)
    masks = np.empty((len(ordered), size, size), bool)
    digest = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=4) as pool:
        for index, (image, mask, line) in enumerate(pool.map(load, ordered)):
            images[index], masks[index] = image, mask
            digest.update(line.encode() + b"\n")
            on_film(index + 1, len(ordered))

    def subset(split: Split) -> FilmSet:
        rows = [index for index, sample in enumerate(ordered) if sample.split == split]
        return FilmSet(
            images[rows],
            masks[rows],
            tuple(ordered[row].sample_id for row in rows),
            tuple(ordered[row].patient for row in rows),
        )

    return TrainingData(subset(Split.TRAIN), subset(Split.VALIDATION), subset(Split.GROWN), digest.hexdigest())
