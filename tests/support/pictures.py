"""Small PNG files for tests."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image


def png_bytes(grey_hw: np.ndarray) -> bytes:
    """A grey PNG of uint8 or uint16 pixels."""
    out = io.BytesIO()
    Image.fromarray(grey_hw).save(out, format="PNG")
    return out.getvalue()


def mask_png_bytes(mask_hw: np.ndarray) -> bytes:
    """A 1-bit PNG of a boolean mask."""
    out = io.BytesIO()
    Image.fromarray(mask_hw.astype(bool)).save(out, format="PNG")
    return out.getvalue()


def film_hw(height: int, width: int, seed: int) -> np.ndarray:
    """A film for tests: uint8 (H, W), two dark ellipses on a bright trunk with noise; other seeds, other pixels."""
    return _film(height, width, seed).copy()


def lungs_hw(height: int, width: int, seed: int = 0) -> np.ndarray:
    """The truth of ``film_hw``: bool (H, W), two ellipses whose place depends on the seed."""
    return _lungs(height, width, seed).copy()


# The same few small films are drawn thousands of times in a run.
@lru_cache(maxsize=512)
def _film(height: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    film = 170 + rng.normal(0, 8, (height, width))
    film[_lungs(height, width, seed)] -= 110
    return film.clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=512)
def _lungs(height: int, width: int, seed: int) -> np.ndarray:
    shift = np.random.default_rng((seed, 1)).uniform(-0.04, 0.04, 2)
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    y, x = y - shift[0], x - shift[1]
    left = ((x - 0.3) / 0.16) ** 2 + ((y - 0.5) / 0.34) ** 2 < 1
    right = ((x - 0.7) / 0.16) ** 2 + ((y - 0.5) / 0.34) ** 2 < 1
    return np.asarray(left | right)
