"""What is not the patient: tubes, lines, electrodes, pacemakers (as attenuation), and lettering (as pixels)."""

from __future__ import annotations

import cv2
import numpy as np

from mlbackend.data.phantom.anatomy import Outlines
from mlbackend.data.phantom.canvas import Bytes, Canvas, Float, curve
from mlbackend.data.phantom.sources import Source

# Letters as strokes on a 2 x 3 grid, so that no font file is needed and every letter scales.
_STROKES: dict[str, list[list[tuple[float, float]]]] = {
    "R": [[(0, 3), (0, 0), (1.4, 0), (2, 0.6), (1.4, 1.5), (0, 1.5)], [(1, 1.5), (2, 3)]],
    "L": [[(0, 0), (0, 3), (1.8, 3)]],
    "A": [[(0, 3), (1, 0), (2, 3)], [(0.4, 2), (1.6, 2)]],
    "P": [[(0, 3), (0, 0), (1.4, 0), (2, 0.7), (1.4, 1.5), (0, 1.5)]],
    "E": [[(1.8, 0), (0, 0), (0, 3), (1.8, 3)], [(0, 1.5), (1.4, 1.5)]],
    "C": [[(2, 0.4), (1.2, 0), (0.4, 0.3), (0, 1.5), (0.4, 2.7), (1.2, 3), (2, 2.6)]],
    "T": [[(0, 0), (2, 0)], [(1, 0), (1, 3)]],
    "B": [[(0, 1.5), (1.4, 1.5), (2, 0.7), (1.4, 0), (0, 0), (0, 3), (1.5, 3), (2, 2.3), (1.4, 1.5)]],
    "O": [[(1, 0), (0.2, 0.5), (0, 1.5), (0.2, 2.5), (1, 3), (1.8, 2.5), (2, 1.5), (1.8, 0.5), (1, 0)]],
    "1": [[(0.4, 0.6), (1, 0), (1, 3)]],
    "7": [[(0, 0), (2, 0), (0.7, 3)]],
    "4": [[(1.5, 3), (1.5, 0), (0, 2), (2, 2)]],
}
_TEXTS = ("AP", "PA", "AP ERECT", "PORTABLE", "1417", "TR 47")


def draw_devices(canvas: Canvas, outlines: Outlines, rng: np.random.Generator, source: Source) -> tuple[Float, int]:
    """Attenuation of devices and how many kinds there are."""
    a, h = outlines.a, outlines.h
    layer = canvas.blank()
    unit = a / 13.6
    middle = outlines.midline
    count = 0

    def present(factor: float = 1.0) -> bool:
        nonlocal count
        yes = bool(rng.random() < source.devices * factor)
        count += yes
        return yes

    if present():  # endotracheal tube
        _pipe(canvas, layer, curve([(middle, -0.9 * h), (middle, -0.2 * h), (middle + 0.1, 0.2 * h)]), 0.9 * unit, 60)
    if present():  # feeding tube, into the stomach
        tube = [(middle + 0.5, -0.9 * h), (middle + 0.4, 0.2 * h), (middle + 0.8, 0.7 * h), (0.2 * a, 0.95 * h)]
        _pipe(canvas, layer, curve([*tube, (0.5 * a, 1.08 * h)]), 0.4 * unit, 110)
    if present():  # central venous line from a subclavian or jugular vein
        side = rng.choice([-1, 1])
        start = [(side * 1.1 * a, -0.05 * h), (side * 0.6 * a, 0.03 * h)]
        if rng.random() < 0.5:
            start = [(side * 0.3 * a, -0.6 * h), (side * 0.2 * a, -0.1 * h)]
        path = [*start, (-0.12 * a + middle, 0.17 * h), (-0.16 * a + middle, rng.uniform(0.35, 0.55) * h)]
        _pipe(canvas, layer, curve(path), 0.25 * unit, 150)
    if present(1.4):  # electrodes and their leads
        for _ in range(int(rng.integers(2, 6))):
            spot = np.array([rng.uniform(-1, 1) * a, rng.uniform(0.0, 0.95) * h])
            _disc(canvas, layer, spot, 0.75 * unit, 60)
            _disc(canvas, layer, spot, 0.4 * unit, 220)
            away = spot + rng.uniform(-1, 1, 2) * [1.6 * a, 0.5 * h]
            exit_ = np.array([rng.choice([-1.8, 1.8]) * a, rng.uniform(-0.1, 1.3) * h])
            canvas.line(layer, _loose([spot, away, exit_]), 0.16 * unit, 190)
    if present(0.8):  # a loose hose or cable across the film
        ends = [
            (rng.choice([-2, 2]) * a, rng.uniform(-0.2, 1.2) * h),
            rng.uniform(-0.7, 0.7, 2) * [a, h] + [0, 0.5 * h],
        ]
        _pipe(canvas, layer, _loose([*ends, (rng.uniform(-2, 2) * a, 1.6 * h)]), rng.uniform(0.25, 0.8) * unit, 90)
    if present(0.35):  # pacemaker with its leads
        box = np.array([rng.choice([-1, 1]) * 0.72 * a, 0.14 * h])
        ring = np.linspace(0, 2 * np.pi, 30)
        rounded = np.c_[1.9 * unit * np.cos(ring), 1.6 * unit * np.sin(ring) * (1 + 0.2 * np.sin(ring))]
        canvas.fill(layer, box + rounded, 235)
        lead = [tuple(box), (0.3 * box[0], 0.06 * h), (-0.15 * a, 0.35 * h), (0.05 * a, 0.8 * h), (0.3 * a, 0.83 * h)]
        canvas.line(layer, curve(lead), 0.13 * unit, 190)
    if present(0.25):  # sternal wires
        for k in range(5):
            loop = curve(
                [
                    (middle - 0.5, (0.25 + 0.1 * k) * h),
                    (middle, (0.26 + 0.1 * k) * h),
                    (middle + 0.5, (0.25 + 0.1 * k) * h),
                ],
                8,
            )
            canvas.line(layer, loop, 0.16, 230)
    if rng.random() < 0.06:  # necklace, snaps of a gown
        for k in range(int(rng.integers(2, 6))):
            _disc(canvas, layer, np.array([rng.uniform(-1, 1) * a, (-0.05 + 0.2 * k) * h]), 0.45 * unit, 160)
    return canvas.blur(layer, 0.05) * np.float32(1.5 / 255), count


def _loose(points: list) -> np.ndarray:
    """A slack line through points."""
    return curve([tuple(p) for p in points], 60)


def _pipe(canvas: Canvas, layer: Bytes, path: np.ndarray, width_cm: float, value: int) -> None:
    """A hollow tube: dense at both walls, with a marker line."""
    canvas.tube(layer, path, np.full(len(path), width_cm), value // 3, value, 0.12)


def _disc(canvas: Canvas, layer: Bytes, centre: np.ndarray, radius_cm: float, value: int) -> None:
    ring = np.linspace(0, 2 * np.pi, 24)
    canvas.fill(layer, centre + radius_cm * np.c_[np.cos(ring), np.sin(ring)], value)


def lettering(image: Bytes, rng: np.random.Generator, source: Source) -> None:
    """Burn side marker and notes into the film, near its edges."""
    if rng.random() >= source.text:
        return
    size = image.shape[0]
    bright = int(rng.uniform(200, 256))
    marker = "R" if rng.random() < 0.5 else "L"
    x = rng.uniform(0.03, 0.16) if marker == "R" else rng.uniform(0.82, 0.94)
    _write(image, marker, x * size, rng.uniform(0.03, 0.22) * size, rng.uniform(0.012, 0.022) * size, bright)
    if rng.random() < 0.4:
        text = str(rng.choice(_TEXTS))
        left = rng.uniform(0.02, 0.75) * size
        top = (rng.uniform(0.01, 0.05) if rng.random() < 0.7 else rng.uniform(0.92, 0.96)) * size
        _write(image, text, left, top, rng.uniform(0.005, 0.01) * size, bright)


def _write(image: Bytes, text: str, left: float, top: float, unit: float, value: int) -> None:
    thick = max(1, round(unit * 0.5))
    for letter in text:
        for stroke in _STROKES.get(letter, []):
            points = np.array(stroke) * unit + [left, top]
            cv2.polylines(image, [np.round(points * 16).astype(np.int32)], False, value, thick, cv2.LINE_AA, 4)
        left += 2.9 * unit
