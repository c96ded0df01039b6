"""Where a dataset's films and masks lie, checked before any of them is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlbackend.data.manifest import ManifestError
from mlbackend.storage import DATA, Storage, StorageKeyError

if TYPE_CHECKING:
    from mlbackend.benchmark.dataset import Film


def path_of(key: str) -> str:
    """Path below the dataset's folder."""
    return key.removeprefix(DATA)


def check_files(storage: Storage, films: Sequence[Film]) -> None:
    """Raise ManifestError, with a remedy, where a film's or a mask's file is not there or outside the dataset."""
    for film in films:
        for what, key in [("image", film.image_key), *((f"mask_{t}", k) for t, k in film.masks.items() if k)]:
            name = path_of(key)
            try:
                there = storage.exists(name)
            except StorageKeyError as error:
                raise ManifestError(
                    f"{what} {name!r} lies outside the dataset's folder; give paths below it, where manifest.csv lies"
                ) from error
            if not there:
                raise ManifestError(f"{what} {name!r} of film {film.film_id!r} is not there; copy the data again")
