"""Figures of a film's technical quality, and the tier made of them. They describe the picture, not the patient."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE = 512
"""Figures are taken at this longest side, so that films of different size compare."""

LOW_CONTRAST, HIGH_CONTRAST = 0.35, 0.55
LOW_SNR_DB, HIGH_SNR_DB = 30.0, 40.0
LOW_SHARPNESS, HIGH_SHARPNESS = 0.010, 0.014
CLIPPED_LIMIT = 0.25
EXPOSURE_RANGE = (0.15, 0.85)
"""Below the first threshold of a pair a figure is low, from the second on high; between them medium."""


@dataclass(frozen=True)
class Quality:
    """Unit-free figures on grey levels 0..1."""

    contrast: float
    """Difference of the 95th and the 5th percentile of grey, 0..1."""
    noise: float
    """Standard deviation of Gaussian noise by Immerkaer's estimate, 0..1."""
    sharpness: float
    """Mean gradient magnitude per pixel over the contrast."""
    snr_db: float
    """20 log10(contrast / noise), 0..80 dB."""
    exposure: float
    """Median grey, 0..1."""
    clipped: float
    """Share of pixels that are black or white."""

    @property
    def tier(self) -> str:
        """``low``, ``medium`` or ``high``: low where any figure is bad, high where all are good."""
        if (
            self.contrast < LOW_CONTRAST
            or self.snr_db < LOW_SNR_DB
            or self.sharpness < LOW_SHARPNESS
            or self.clipped > CLIPPED_LIMIT
            or not EXPOSURE_RANGE[0] <= self.exposure <= EXPOSURE_RANGE[1]
        ):
            return "low"
        if self.contrast >= HIGH_CONTRAST and self.snr_db >= HIGH_SNR_DB and self.sharpness >= HIGH_SHARPNESS:
            return "high"
        return "medium"

    def to_json(self) -> dict[str, float]:
        """Plain numbers, rounded to five digits after the point."""
        return {key: round(value, 5) for key, value in asdict(self).items()}


def at_working_size(grey_hw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The film with its longest side at most ``WORKING_SIDE``; smaller ones stay as they are."""
    height, width = grey_hw.shape
    scale = WORKING_SIDE / max(height, width)
    if scale >= 1:
        return grey_hw
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey_hw, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def measure(grey_hw: NDArray[np.uint8]) -> Quality:
    """Quality of a film in 8-bit grey (H, W)."""
    small = at_working_size(grey_hw)
    levels = np.cumsum(cv2.calcHist([small], [0], None, [256], [0, 256]).ravel()) / small.size
    low, median, high = (float(np.searchsorted(levels, share)) / 255 for share in (0.05, 0.5, 0.95))
    contrast = high - low
    noise = _noise(small)
    # A Sobel kernel's positive weights sum to 4 over a distance of 2 pixels, hence 8.
    gradient = cv2.magnitude(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
    floor = 1e-4
    return Quality(
        contrast=contrast,
        noise=noise,
        sharpness=float(cv2.mean(gradient)[0]) / (8 * 255) / max(contrast, floor),
        snr_db=min(80.0, max(0.0, 20 * math.log10(max(contrast, floor) / max(noise, floor)))),
        exposure=median,
        clipped=float(np.count_nonzero((small == 0) | (small == 255))) / small.size,
    )


def _noise(grey_hw: NDArray[np.uint8]) -> float:
    """0..1, from 8-bit grey: J. Immerkaer, Fast Noise Variance Estimation, CVIU 64 (1996), equation 5."""
    height, width = grey_hw.shape
    if min(height, width) < 3:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    response = cv2.filter2D(grey_hw, cv2.CV_16S, kernel)[1:-1, 1:-1]
    return float(math.sqrt(math.pi / 2) * cv2.norm(response, cv2.NORM_L1) / response.size / 6 / 255)
