"""The truth, kept outside database and storage: mask files of the manifest by the sha256 of their films' originals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


class TruthError(Exception):
    """A film whose truth is missing or does not fit."""


class Truth:
    """Truth masks by film, read when asked for."""

    def __init__(self, pairs: Iterable[tuple[Path, Path]]) -> None:
        """``pairs`` are (film, mask) paths; films are hashed here, masks are opened by ``mask``."""
        self._masks: dict[str, Path] = {}
        for film, mask in pairs:
            self._masks.setdefault(hashlib.sha256(film.read_bytes()).hexdigest(), mask)

    def __len__(self) -> int:
        return len(self._masks)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._masks

    def mask(self, sha256: str, *, width: int, height: int) -> NDArray[np.bool_]:
        """The true mask (H, W) of the film whose original has this sha256.

        Raises TruthError where the manifest has none, it cannot be read, or it has another size than the film.
        """
        path = self._masks.get(sha256)
        if path is None:
            raise TruthError(f"the manifest has no mask for the film {sha256[:12]}; give every film of it a mask")
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise TruthError(f"{path} cannot be read as an image; mend the file or leave its row out")
        if grey.shape != (height, width):
            raise TruthError(
                f"{path} is {grey.shape[1]}x{grey.shape[0]}, its film {width}x{height}; masks must have the film's size"
            )
        return np.asarray(grey > 127)
