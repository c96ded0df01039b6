"""Drawing in centimetres: maps body coordinates onto a film's pixels.

Body coordinates: x in cm from the midline, positive to the right of the film (the patient's left); y in cm downwards
from the apex of the lungs. The map is affine (magnification, tilt, shift) with a smooth bend, so that no outline stays
a formula's.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Float = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bool = NDArray[np.bool_]

_SHIFT = 4  # OpenCV's sub-pixel bits: outlines move smoothly between sizes


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each part, so that changing one part (say, severity) redraws no other."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def smoothstep(x: Float, low: float, high: float) -> Float:
    """0 below ``low``, 1 above ``high``, smooth between; ``low`` may exceed ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def curve(points: Sequence[tuple[float, float]], count: int = 60) -> NDArray[np.float64]:
    """Smooth line (count, 2) through the given points that does not overshoot between them."""
    p = np.asarray(points, float)
    step = np.r_[0, np.cumsum(np.maximum(np.hypot(*np.diff(p, axis=0).T), 1e-6))]
    return np.asarray(PchipInterpolator(step, p)(np.linspace(0, step[-1], count)))


class Canvas:
    """Square film of ``size`` pixels that shows ``field_cm`` of the body."""

    def __init__(
        self,
        size: int,
        field_cm: tuple[float, float],
        centre_cm: tuple[float, float],
        tilt_degrees: float,
        bend: NDArray[np.float64],
    ) -> None:
        """``bend`` (waves, 6): x amplitude, y amplitude (cm), x and y frequency (rad/cm), two phases."""
        self.size = size
        self.scale = np.array([size / field_cm[0], size / field_cm[1]])
        self.px = float(np.sqrt(self.scale.prod()))
        """Pixels per centimetre."""
        turn = np.deg2rad(tilt_degrees)
        self._turn = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        self._centre = np.asarray(centre_cm, float)
        self._bend = bend
        axis = (np.arange(size, dtype=np.float32) + 0.5 - size / 2).astype(np.float32)
        u, v = np.meshgrid(axis / np.float32(self.scale[0]), axis / np.float32(self.scale[1]))
        c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        x = c * u + s * v + np.float32(centre_cm[0])
        y = -s * u + c * v + np.float32(centre_cm[1])
        dx, dy = self._bending(x[::8, ::8], y[::8, ::8])
        shape = (size, size)
        self.x: Float = x - cv2.resize(dx.astype(np.float32), shape, interpolation=cv2.INTER_CUBIC)
        self.y: Float = y - cv2.resize(dy.astype(np.float32), shape, interpolation=cv2.INTER_CUBIC)

    def _bending(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        # All waves at once: this runs for every stroke of every film.
        ax, ay, fx, fy, p, q = self._bend.T.reshape(6, -1, *[1] * x.ndim)
        return (ax * np.sin(fx * x + fy * y + p)).sum(0), (ay * np.sin(fy * x + fx * y + q)).sum(0)

    def pixels(self, points_cm: NDArray | Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        """Body points (n, 2) in cm to pixel coordinates (n, 2)."""
        p = np.asarray(points_cm, float).reshape(-1, 2)
        dx, dy = self._bending(p[:, 0], p[:, 1])
        moved = (p + np.stack([dx, dy], 1) - self._centre) @ self._turn.T
        return moved * self.scale + self.size / 2 - 0.5

    def _fixed(self, points_cm: NDArray | Sequence[tuple[float, float]]) -> NDArray[np.int32]:
        # Far-away points are clipped, because OpenCV's fixed-point coordinates overflow.
        return np.round(np.clip(self.pixels(points_cm), -4e3, 4e3) * 2**_SHIFT).astype(np.int32)

    def blank(self) -> Bytes:
        """An empty layer."""
        return np.zeros((self.size, self.size), np.uint8)

    def fill(self, layer: Bytes, points_cm: NDArray | Sequence[tuple[float, float]], value: int = 255) -> None:
        """Fill an outline on a layer, with smooth edges."""
        cv2.fillPoly(layer, [self._fixed(points_cm)], value, cv2.LINE_AA, _SHIFT)

    def region(self, points_cm: NDArray | Sequence[tuple[float, float]]) -> Bool:
        """Mask of an outline."""
        layer = self.blank()
        self.fill(layer, points_cm)
        return layer > 127

    def line(self, layer: Bytes, points_cm: NDArray, width_cm: float, value: int = 255) -> None:
        """Stroke a line; below one pixel of width the value fades instead."""
        self.lines(layer, [points_cm], [width_cm], [value])

    def lines(
        self, layer: Bytes, lines_cm: Sequence[NDArray], widths_cm: Sequence[float], values: Sequence[int]
    ) -> None:
        """Stroke many lines in order, later ones over earlier ones."""
        if not lines_cm:
            return
        ends = np.cumsum([len(line) for line in lines_cm])[:-1]
        for points, width_cm, value in zip(
            np.split(self._fixed(np.concatenate(lines_cm)), ends), widths_cm, values, strict=True
        ):
            width = width_cm * self.px
            cv2.polylines(
                layer, [points], False, int(value * min(1.0, width)), max(1, round(width)), cv2.LINE_AA, _SHIFT
            )

    def tube(self, layer: Bytes, middle_cm: NDArray, width_cm: NDArray, inside: int, rim: int, rim_cm: float) -> None:
        """A bone seen from the side: marrow inside, dense cortex along both edges. ``width_cm`` (n,) along the line."""
        along = np.gradient(middle_cm, axis=0)
        along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
        normal = np.c_[-along[:, 1], along[:, 0]] * width_cm[:, None] / 2
        self.fill(layer, np.r_[middle_cm + normal, (middle_cm - normal)[::-1]], inside)
        for edge in (middle_cm + normal, middle_cm - normal):
            self.line(layer, edge, rim_cm, rim)

    def blur(self, image: NDArray, sigma_cm: float) -> Float:
        """Gaussian blur; wide blurs are done at lower resolution, where they cost little and look the same."""
        sigma = sigma_cm * self.px
        data = image.astype(np.float32, copy=False)
        if sigma < 0.3:
            return data
        step = int(np.clip(sigma // 3, 1, self.size // 16))
        if step == 1:
            return cv2.GaussianBlur(data, (0, 0), sigma)
        side = self.size // step
        small = cv2.resize(data, (side, side), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / step)
        return cv2.resize(small, (self.size, self.size), interpolation=cv2.INTER_CUBIC)

    def profile(self, mask: Bool, radius_cm: float) -> Float:
        """Thickness 0..1 of a rounded body with this silhouette: a circle's chord over ``radius_cm`` from its edge."""
        distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
        t = 1 - np.minimum(distance * np.float32(1 / (radius_cm * self.px)), 1)
        return np.sqrt(1 - t * t, dtype=np.float32)

    def noise(self, rng: np.random.Generator, period_cm: float, octaves: int = 3) -> Float:
        """Smooth random texture of zero mean and about unit spread, fixed to the body so that sizes agree."""
        total = np.zeros((self.size, self.size), np.float32)
        power = 0.0
        for octave in range(octaves):
            cells = int(np.clip(60 / period_cm * 2**octave, 3, 400))
            grid = rng.standard_normal((cells, cells), np.float32)
            weight = 0.6**octave
            power += weight * weight * 0.4
            if cells <= self.size:
                layer = cv2.resize(grid, (self.size, self.size), interpolation=cv2.INTER_CUBIC)
            else:
                layer = cv2.resize(grid, (self.size, self.size), interpolation=cv2.INTER_AREA)
            total += np.float32(weight) * layer
        return total / np.float32(np.sqrt(power))
