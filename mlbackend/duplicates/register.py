"""Registration of two films by phase correlation, then affine; and their correlation where they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

MIN_CORRELATION = 0.82
"""Two films are one picture from here on. Different people's films reach at most 0.76, copies cropped by 5 % at least
0.90."""
MIN_RESPONSE = 0.55
"""Share of the phase correlation in its peak from which the costly affine registration is worth while: 99 % of
different people's films lie below, 99 % of copies cropped by 5 % above."""
SIDE = 128
SCALES = (1.0, 0.96, 1.04, 0.92, 1.08)
MIN_OVERLAP = 0.5
_BORDER = 4
_Fine = NDArray[np.float32]


@dataclass(frozen=True)
class Thumbnail:
    """A film's details at 128x128: what is finer than organs, over its local contrast."""

    fine: _Fine
    spectrum: NDArray[np.complex64]
    """(128, 65) half of the Fourier transform of ``fine`` under a Hann window."""


def thumbnail(grey_hw: NDArray[np.uint8]) -> Thumbnail:
    """Band-passed, contrast-normalised (128, 128) float32; ribs and vessels rather than lungs, which all share."""
    small = cv2.resize(grey_hw, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    band = cv2.GaussianBlur(small, (0, 0), 0.8) - cv2.GaussianBlur(small, (0, 0), 4)
    local = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 8)) + 1
    fine = np.asarray(band / local, dtype=np.float32)
    return Thumbnail(fine, np.asarray(fft.rfft2(fine * _hann()), dtype=np.complex64))


class Registration:
    """One film against several: what can be computed once is."""

    def __init__(self, film: Thumbnail) -> None:
        self._film = film
        scaled = np.stack([cv2.warpAffine(film.fine, _about_middle(scale), (SIDE, SIDE)) for scale in SCALES])
        self._spectra = fft.rfft2(scaled * _hann(), axes=(1, 2))

    def correlate(self, other: Thumbnail) -> float:
        """Pearson correlation, -1..1, of the overlap after registration; -1 where no registration was found."""
        response, start = self._phase(other)
        return _affine(other.fine, self._film.fine, start) if response >= MIN_RESPONSE else -1.0

    def _phase(self, other: Thumbnail) -> tuple[float, NDArray[np.float32]]:
        """Share of phase correlation in the peak, 0..1, and the 2x3 matrix from ``other`` to the film."""
        cross = other.spectrum * np.conj(self._spectra)
        cross /= np.maximum(np.abs(cross), 1e-9)
        surfaces = fft.irfft2(cross, s=(SIDE, SIDE), axes=(1, 2))
        best, response, shift = 0, -1.0, (0.0, 0.0)
        around = np.arange(-2, 3)
        for number, surface in enumerate(surfaces):
            row, column = divmod(int(surface.argmax()), SIDE)
            patch = surface[np.ix_((row + around) % SIDE, (column + around) % SIDE)]
            total = float(patch.sum())
            if total > response:
                weight = np.maximum(patch, 0)
                weight /= max(float(weight.sum()), 1e-9)
                down = row + float((weight.sum(axis=1) * around).sum())
                right = column + float((weight.sum(axis=0) * around).sum())
                best, response = number, total
                shift = (right - SIDE if right > SIDE / 2 else right, down - SIDE if down > SIDE / 2 else down)
        forward = _about_middle(SCALES[best])
        forward[:, 2] += np.array(shift, dtype=np.float32)
        return response, np.asarray(cv2.invertAffineTransform(forward), dtype=np.float32)


def _affine(one: _Fine, other: _Fine, start: NDArray[np.float32]) -> float:
    """G. Evangelidis and E. Psarakis, Parametric Image Alignment Using ECC, PAMI 30 (2008); then plain Pearson."""
    matrix = start.copy()
    steps = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, matrix = cv2.findTransformECC(one, other, matrix, cv2.MOTION_AFFINE, steps, None, 1)
    except cv2.error:
        matrix = start  # It did not converge: the phase correlation's own answer is judged.
    # A registration that shears or shrinks a lot has found something else than the same picture.
    if abs(float(np.linalg.det(matrix[:, :2])) - 1) > 0.5:
        return -1.0
    flags = cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(other, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR | flags)
    inside = cv2.warpAffine(np.ones((SIDE, SIDE), np.uint8), matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST | flags) > 0
    for edge in (inside[:_BORDER], inside[-_BORDER:], inside[:, :_BORDER], inside[:, -_BORDER:]):
        edge[...] = False
    if float(inside.mean()) < MIN_OVERLAP:
        return -1.0
    left, right = one[inside].astype(np.float64), warped[inside].astype(np.float64)
    left, right = left - left.mean(), right - right.mean()
    length = float(np.sqrt((left * left).sum() * (right * right).sum()))
    return float((left * right).sum()) / length if length > 0 else -1.0


def _about_middle(scale: float) -> NDArray[np.float32]:
    rest = (1 - scale) * SIDE / 2
    return np.array([[scale, 0, rest], [0, scale, rest]], dtype=np.float32)


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float32]:
    return np.asarray(cv2.createHanningWindow((SIDE, SIDE), cv2.CV_32F))
