"""Training films in memory: decoded once, at the working size, as uint8."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlbackend.contracts import Split, TrainSample
from mlbackend.data.reading import ImageError, read_gray, read_mask
from mlbackend.data.resize import shrink_image, shrink_mask
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
    """Films of both splits, and the hash that names exactly this data."""

    train: FilmSet
    validation: FilmSet
    data_hash: str


def load_training_data(
    samples: Sequence[TrainSample],
    storage: Storage,
    size: int,
    *,
    on_film: Callable[[int, int], None] = lambda done, total: None,
) -> TrainingData:
    """Read all samples at ``size`` x ``size`` pixels; films are ordered by sample id, whatever the request's order.

    ``data_hash`` is the sha256 over the sorted samples' id, split, patient, and sha256 of image and mask files.
    ``on_film(done, total)`` is called after each film. Raises ImageError where a file cannot be read or a mask does not
    fit its film.
    """
    ordered = sorted(samples, key=lambda sample: sample.sample_id)

    def load(sample: TrainSample) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], str]:
        image_bytes, mask_bytes = storage.read(sample.image_key), storage.read(sample.mask_key)
        image = read_gray(image_bytes, f"image of sample {sample.sample_id!r}")
        mask = read_mask(mask_bytes, f"mask of sample {sample.sample_id!r}")
        if image.shape != mask.shape:
            raise ImageError(
                f"mask of sample {sample.sample_id!r} has {mask.shape[1]} x {mask.shape[0]} pixels, its film "
                f"{image.shape[1]} x {image.shape[0]}; both must agree"
            )
        line = "\t".join(
            (
                sample.sample_id,
                sample.split,
                sample.patient,
                hashlib.sha256(image_bytes).hexdigest(),
                hashlib.sha256(mask_bytes).hexdigest(),
            )
        )
        return shrink_image(image, size), shrink_mask(mask, size), line

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

    return TrainingData(subset(Split.TRAIN), subset(Split.VALIDATION), digest.hexdigest())
