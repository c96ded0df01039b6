"""A hash of a film that survives resizing and recompression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

HASH_BITS = 64
_SIDE = 32
_KEPT = 8


def perceptual_hash(grey_hw: NDArray[np.uint8]) -> int:
    """64 bits: signs of the 8x8 lowest DCT terms of the film at 32x32, against their median.

    After C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.
    """
    small = cv2.resize(grey_hw, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    terms = dctn(small, norm="ortho")[:_KEPT, :_KEPT].ravel()
    bits = terms > np.median(terms[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def hamming(one: int, many: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Bits in which one hash differs from each of (N,) hashes, 0..64."""
    return np.asarray(np.bitwise_count(many ^ np.uint64(one)), dtype=np.uint8)
