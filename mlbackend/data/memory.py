"""Films and masks decoded once a process and kept at the working size: a grid of trainings reads each file once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlbackend.data.reading import ImageError, read_gray, read_mask
from mlbackend.data.resize import shrink_image, shrink_mask
from mlbackend.storage import Storage

DEFAULT_BYTES = 8 * 2**30


@dataclass(frozen=True)
class Kept:
    """A file at the working size."""

    pixels: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]
    """(size, size); uint8 of a film, bool of a mask."""
    height: int
    width: int
    """Of the file itself."""
    sha256: str


class FilmMemory:
    """Decoded files of one storage by key and size, the least used ones dropped above ``limit`` bytes.

    Files are taken to stay as they are: a benchmark refuses data that has changed.
    """

    def __init__(self, storage: Storage, limit: int = DEFAULT_BYTES) -> None:
        self._storage, self._limit, self._held = storage, limit, 0
        self._kept: OrderedDict[tuple[str, str, int], Kept] = OrderedDict()
        self._lock = threading.Lock()

    def image(self, key: str, size: int, name: str) -> Kept:
        """A film. Raises ImageError, naming it, or StorageMissingError."""
        return self._get("image", key, size, name)

    def mask(self, key: str, size: int, name: str, like: Kept) -> Kept:
        """A mask of the film ``like``; an empty key is one without foreground. Raises ImageError where sizes differ."""
        if not key:
            return Kept(np.zeros((size, size), bool), like.height, like.width, "")
        mask = self._get("mask", key, size, name)
        if (mask.height, mask.width) != (like.height, like.width):
            raise ImageError(
                f"{name} has {mask.width} x {mask.height} pixels, its film {like.width} x {like.height}; "
                "both must agree"
            )
        return mask

    def _get(self, what: str, key: str, size: int, name: str) -> Kept:
        place = (what, key, size)
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place]
        data = self._storage.read(key)
        digest = hashlib.sha256(data).hexdigest()
        if what == "image":
            gray = read_gray(data, name)
            kept = Kept(shrink_image(gray, size), gray.shape[0], gray.shape[1], digest)
        else:
            mask = read_mask(data, name)
            kept = Kept(shrink_mask(mask, size), mask.shape[0], mask.shape[1], digest)
        with self._lock:
            if place not in self._kept:
                self._kept[place] = kept
                self._held += kept.pixels.nbytes
            while self._held > self._limit and len(self._kept) > 1:
                self._held -= self._kept.popitem(last=False)[1].pixels.nbytes
        return kept
