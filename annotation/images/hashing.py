"""Hashes of a film: of its file and of its pixels; the perceptual one is in ``mlbackend.duplicates``."""

from __future__ import annotations

import hashlib

import numpy as np

from annotation.images.reading.film import GreyPixels


def file_hash(data: bytes) -> str:
    """Sha256 of a file, hex."""
    return hashlib.sha256(data).hexdigest()


def pixel_hash(pixels_hw: GreyPixels) -> str:
    """Sha256 of grey values with their shape and depth, hex: equal for equal pixels in another container."""
    height, width = pixels_hw.shape
    digest = hashlib.sha256(f"{height}x{width}x{pixels_hw.dtype.itemsize * 8}:".encode())
    digest.update(np.ascontiguousarray(pixels_hw).data)
    return digest.hexdigest()


def hash_to_hex(value: int) -> str:
    """16 hex digits."""
    return f"{value:016x}"
