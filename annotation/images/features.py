"""A short description of a film for the choice of batches: what lies where, how grey it is, how good it is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.images.quality import Quality

LAYOUT_SIDE = 5
HISTOGRAM_BINS = 16
LENGTH = LAYOUT_SIDE**2 + HISTOGRAM_BINS + 6
"""47 floats."""


def describe(grey_hw: NDArray[np.uint8], quality: Quality) -> list[float]:
    """Unit-free floats, each about -2..2: 25 for the layout, 16 for the histogram, 5 for quality, 1 for the shape.

    Deterministic. The layout is the film at 5x5 with zero mean and unit spread, the histogram the root of each bin's
    share, so that Euclidean distance treats them alike.
    """
    layout = cv2.resize(grey_hw, (LAYOUT_SIDE, LAYOUT_SIDE), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
    spread = float(layout.std())
    layout = (layout - layout.mean()) / spread if spread > 0 else np.zeros_like(layout)
    histogram = cv2.calcHist([grey_hw], [0], None, [HISTOGRAM_BINS], [0, 256]).ravel() / grey_hw.size
    height, width = grey_hw.shape
    last = [
        quality.contrast,
        min(1.0, quality.noise * 20),
        min(1.0, quality.sharpness * 20),
        quality.snr_db / 80,
        quality.exposure,
        max(-2.0, min(2.0, math.log2(width / height))),
    ]
    values = [*(layout / LAYOUT_SIDE), *np.sqrt(histogram), *last]
    return [round(float(value), 5) for value in values]
