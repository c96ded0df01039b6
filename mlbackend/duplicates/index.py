"""All films' hashes and signatures in memory: 1 KiB a film, so that 30,000 films take 31 MB."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlbackend.duplicates.phash import hamming
from mlbackend.duplicates.signature import MAX_HAMMING, MIN_RESEMBLANCE, SIDE, resemblance, templates

Key = TypeVar("Key", bound=Hashable)

MOST_CANDIDATES = 12
"""No more films than these are registered with a new one: the likeliest."""


@dataclass(frozen=True)
class Candidate(Generic[Key]):
    """A film that may be the same picture."""

    image_id: Key
    hamming: int
    resemblance: float


class SignatureIndex(Generic[Key]):
    """Grows film by film; ``search`` compares one with all of them."""

    def __init__(self, capacity: int = 1024) -> None:
        self._count = 0
        self._ids: list[Key] = []
        self._hashes: NDArray[np.uint64] = np.zeros(capacity, dtype=np.uint64)
        self._signatures: NDArray[np.int8] = np.zeros((capacity, SIDE * SIDE), dtype=np.int8)

    def __len__(self) -> int:
        return self._count

    def add(self, image_id: Key, perceptual_hash: int, coarse: NDArray[np.int8]) -> None:
        """Put a film in."""
        if self._count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
            self._signatures = np.concatenate([self._signatures, np.zeros_like(self._signatures)])
        self._hashes[self._count] = np.uint64(perceptual_hash)
        self._signatures[self._count] = coarse.reshape(-1)
        self._ids.append(image_id)
        self._count += 1

    def search(self, perceptual_hash: int, coarse: NDArray[np.int8]) -> list[Candidate[Key]]:
        """Films within ``MAX_HAMMING`` bits whose signature resembles this one, the likeliest first."""
        distances = hamming(perceptual_hash, self._hashes[: self._count])
        near = np.flatnonzero(distances <= MAX_HAMMING)
        if not near.size:
            return []
        scores = resemblance(templates(coarse), self._signatures[near])
        best = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
        return [
            Candidate(self._ids[near[i]], int(distances[near[i]]), float(scores[i]))
            for i in best
            if scores[i] >= MIN_RESEMBLANCE
        ]
