"""A film in 1,024 bytes, cheap to compare with all others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_HAMMING = 14
"""A pair further apart is never looked at. Of copies cropped by up to 5 % at each edge, 95 % lie within."""
MIN_RESEMBLANCE = 0.75
"""Best correlation of two signatures over small shifts; copies cropped by up to 5 % reach 0.79 in 95 % of cases."""
SIDE = 32
MAX_SHIFT = 2
"""Pixels of the signature: 6 % of the film."""
_WORKING_SIDE = 128
_SCALE = 42.0


def signature(grey_hw: NDArray[np.uint8]) -> NDArray[np.int8]:
    """(32, 32) int8: the film between two blurs, over its local contrast, so that exposure does not matter."""
    small = cv2.resize(grey_hw, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    band = cv2.GaussianBlur(small, (0, 0), 2) - cv2.GaussianBlur(small, (0, 0), 8)
    local = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 12)) + 1
    coarse = cv2.resize(band / local, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.clip(np.round(coarse * _SCALE), -127, 127).astype(np.int8)


def templates(one: NDArray[np.int8]) -> NDArray[np.float32]:
    """(SIDE * SIDE, shifts): the middle of a signature at all small shifts, each of zero mean and unit length.

    One matrix product with many signatures then compares all of them at all shifts.
    """
    inner = one[MAX_SHIFT : SIDE - MAX_SHIFT, MAX_SHIFT : SIDE - MAX_SHIFT].astype(np.float32)
    inner = inner - inner.mean()
    inner /= max(float(np.linalg.norm(inner)), 1e-6)
    steps = range(2 * MAX_SHIFT + 1)
    shifted = np.zeros((len(steps) ** 2, SIDE, SIDE), dtype=np.float32)
    for number, (down, right) in enumerate((d, r) for d in steps for r in steps):
        shifted[number, down : down + inner.shape[0], right : right + inner.shape[1]] = inner
    return np.ascontiguousarray(shifted.reshape(len(shifted), -1).T)


def resemblance(patterns: NDArray[np.float32], many: NDArray[np.int8]) -> NDArray[np.float32]:
    """(N,) best correlation over the shifts, about -1..1, of ``templates`` with (N, SIDE * SIDE) signatures."""
    values = many.astype(np.float32)
    inner = many.reshape(-1, SIDE, SIDE)[:, MAX_SHIFT:-MAX_SHIFT, MAX_SHIFT:-MAX_SHIFT].astype(np.float32)
    # The length of the unshifted middle stands for that of the shifted ones: contrast is even all over a signature.
    spread = inner.reshape(len(many), -1).std(axis=1) * (SIDE - 2 * MAX_SHIFT)
    return np.asarray((values @ patterns).max(axis=1) / np.maximum(spread, 1e-6), dtype=np.float32)
