"""Soft tissue and air: trunk, arms, breasts, lungs, heart, airways, vessels, stomach. Lengths in cm of path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlbackend.data.phantom.anatomy import Outlines
from mlbackend.data.phantom.canvas import Bool, Canvas, Float, curve, smoothstep, stream


@dataclass
class Chest:
    """Path lengths through soft tissue and air, with the regions that truth is made of."""

    tissue: Float
    """Soft tissue with the lungs taken as tissue too, cm."""
    air: Float
    """What of it is aerated lung, cm."""
    gas: Float
    """Pure gas in airways, stomach and bowel, cm."""
    vessels: Float
    """Blood inside the lungs, cm."""
    right: Bool
    left: Bool
    """Whole lungs, with what lies behind heart and mediastinum."""
    heart: Bool
    centre: Bool
    """Heart and mediastinum in one."""


def draw_chest(canvas: Canvas, outlines: Outlines) -> Chest:
    """The trunk with its organs, still healthy."""
    a, patient = outlines.a, outlines.patient
    right, left = (canvas.region(outlines.lung(side)) for side in (-1, 1))
    left &= ~right
    lungs = right | left
    heart_shape = canvas.region(outlines.heart())
    centre = heart_shape | canvas.region(outlines.mediastinum())
    above = lungs | _between(canvas, outlines)
    air = _air(canvas, outlines, lungs, centre)
    gas = _gas(canvas, outlines)
    tissue = _trunk(canvas, outlines) + _breasts(canvas, outlines)
    bulk = canvas.profile(heart_shape, 0.35 * a)
    tissue += bulk * np.float32(0.08 * patient.depth)
    tissue *= 1 + np.float32(0.012) * canvas.noise(stream(patient.seed, "flesh"), 5.0, 3)
    return Chest(tissue, air, gas, _vessels(canvas, outlines), right, left, heart_shape & above, centre)


def _between(canvas: Canvas, outlines: Outlines) -> Bool:
    """The strip between the lungs down to the diaphragm, where the heart's silhouette is seen."""
    a, h, dome = outlines.a, outlines.h, outlines.patient.dome
    strip = [
        (-0.3 * a, -0.1 * h),
        (0.3 * a, -0.1 * h),
        (0.3 * a, (dome[1] + 0.035) * h),
        (-0.3 * a, (dome[0] + 0.04) * h),
    ]
    return canvas.region(strip)


def _trunk(canvas: Canvas, outlines: Outlines) -> Float:
    a, h, patient, pose = outlines.a, outlines.h, outlines.patient, outlines.pose
    body = canvas.blank()
    canvas.fill(body, outlines.trunk())
    angle = np.deg2rad(pose.arms_degrees)
    thick = (0.3 + 0.35 * patient.wall) * a
    for side in (-1, 1):
        start = np.array([1.5 * a, 0.07 * h])
        end = start + np.array([np.sin(angle), np.cos(angle)]) * 2.2 * a
        canvas.line(body, np.array([start, end]) * [side, 1], 2 * thick)
    if patient.child or pose.supine > 0.6:
        ring = np.linspace(0, 2 * np.pi, 40)
        chin = np.c_[0.75 * a * np.cos(ring) + 0.1 * a * patient.jitter[37], -0.72 * h + 0.42 * h * np.sin(ring)]
        canvas.fill(body, chin)
    rounded = canvas.profile(body > 127, 0.42 * a)
    thinner = 1 - 0.38 * smoothstep(np.abs(canvas.x), 1.0 * a, 1.7 * a) - 0.2 * smoothstep(canvas.y, 0.1 * h, -0.3 * h)
    belly = 1 + np.float32(0.26 * patient.belly) * smoothstep(canvas.y, 0.66 * h, 1.05 * h)
    return rounded * thinner * belly * np.float32(patient.depth)


def _breasts(canvas: Canvas, outlines: Outlines) -> Float:
    total = np.zeros((canvas.size, canvas.size), np.float32)
    a, h, patient = outlines.a, outlines.h, outlines.patient
    rng = stream(patient.seed, "breasts")
    amount = rng.uniform(1.0, 5.5) if patient.female else rng.uniform(0.0, 1.4) * (not patient.child)
    for side in (-1, 1):
        x0, y0 = side * a * rng.uniform(0.58, 0.72), h * rng.uniform(0.6, 0.72)
        rx, ry = a * rng.uniform(0.42, 0.55), h * rng.uniform(0.2, 0.27)
        u = (canvas.x - np.float32(x0)) / np.float32(rx)
        v = (canvas.y - np.float32(y0)) / np.float32(ry)
        # Flat above, full below: the lower fold is the edge that shows.
        r = u * u + np.where(v < 0, v * v * 0.35, v * v)
        total += np.float32(amount) * np.sqrt(np.clip(1 - r, 0, 1)) * smoothstep(v, -1.7, 0.6)
    return canvas.blur(total, 0.25)


def _air(canvas: Canvas, outlines: Outlines, lungs: Bool, centre: Bool) -> Float:
    a, h, patient = outlines.a, outlines.h, outlines.patient
    shape = canvas.profile(lungs, 0.24 * a)
    depth = np.float32(0.74 * patient.depth) * (0.62 + 0.38 * smoothstep(canvas.y, 0.0, 0.35 * h))
    air = shape * depth * np.sqrt(np.clip(1 - (canvas.x / np.float32(1.35 * a)) ** 2, 0.1, 1))
    # Heart and vessels displace lung; some stays behind and before them.
    inside = canvas.profile(centre, 0.2 * a)
    air *= np.where(centre, np.float32(0.72) - np.float32(0.42) * inside, np.float32(1))
    # Behind the domes the lung reaches further down and shines faintly through the liver.
    fade = canvas.blur(air, 0.07 * h) * np.float32(0.16)
    below = ~lungs & (canvas.y > 0.6 * h)
    return np.where(below & ~centre, fade, air).astype(np.float32)


def _gas(canvas: Canvas, outlines: Outlines) -> Float:
    a, h, patient = outlines.a, outlines.h, outlines.patient
    rng = stream(patient.seed, "gas")
    layer = canvas.blank()
    middle = outlines.midline * 0.7
    unit = a / 13.6
    lean = -0.05 * a * rng.uniform(0, 1)
    carina = np.array([middle + lean, 0.31 * h])
    trachea = curve([(middle, -0.5 * h), (middle, 0.05 * h), tuple(carina)], 20)
    canvas.line(layer, trachea, 1.7 * unit, 120)
    for side, drop in ((-1, 0.12), (1, 0.1)):
        bronchus = curve([tuple(carina), (middle + side * 0.24 * a, (0.31 + drop) * h)], 8)
        canvas.line(layer, bronchus, 1.2 * unit, 80)
    gas = canvas.blur(layer, 0.22 * unit) * np.float32(1.7 * unit / 150)
    if rng.random() < 0.75:
        bubbles = canvas.blank()
        x0, y0 = 0.45 * a, (patient.dome[1] + 0.1) * h
        for k in range(int(rng.integers(1, 6))):
            ring = np.linspace(0, 2 * np.pi, 30)
            grow = rng.uniform(0.5, 1.0) if k == 0 else rng.uniform(0.2, 0.6)
            cx, cy = x0 + rng.normal(0, 0.12 + 0.15 * (k > 0)) * a, y0 + (k > 0) * rng.uniform(0.03, 0.3) * h
            wave = 1 + 0.15 * np.sin(2 * ring + rng.uniform(0, 6)) + 0.1 * np.sin(3 * ring + rng.uniform(0, 6))
            oval = np.c_[cx + 0.2 * a * grow * wave * np.cos(ring), cy + 0.07 * h * grow * wave * np.sin(ring)]
            canvas.fill(bubbles, oval, int(rng.uniform(70, 200)))
        inside = canvas.y > np.float32((patient.dome[1] + 0.05) * h)
        bubbles[~inside] = 0
        gas += canvas.blur(bubbles, 0.2) * np.float32(4.0 * unit / 255)
    return gas


def _vessels(canvas: Canvas, outlines: Outlines) -> Float:
    a, h = outlines.a, outlines.h
    rng = stream(outlines.patient.seed, "vessels")
    unit = a / 13.6
    segments: list[tuple[float, np.ndarray]] = []
    hila = []
    for side in (-1, 1):
        root = np.array([side * 0.24 * a + outlines.midline, (0.43 if side < 0 else 0.4) * h])
        hila.append(root)
        for bearing in np.deg2rad([-72, -52, -30, -8, 12, 30, 46, 60, 72, 82]):
            start = root + rng.normal(0, 0.035, 2) * a
            _grow(segments, rng, start, bearing + rng.normal(0, 0.12), rng.uniform(0.4, 0.95) * unit, side, unit, 0)
    segments.sort(key=lambda item: item[0])
    # Two layers, so that vessels that cross add up.
    total = np.zeros((canvas.size, canvas.size), np.float32)
    for part in (segments[::2], segments[1::2]):
        layer = canvas.blank()
        widths = [width for width, _ in part]
        values = [int(np.clip(50 + 230 * width / unit, 0, 255)) for width in widths]
        canvas.lines(layer, [line for _, line in part], widths, values)
        total += layer
    vessels = canvas.blur(total, 0.06 * unit) * np.float32(1.6 * unit / 255)
    for root in hila:
        r = ((canvas.x - root[0]) / (0.13 * a)) ** 2 + ((canvas.y - root[1]) / (0.1 * h)) ** 2
        vessels += (1.6 * unit * np.exp(-r)).astype(np.float32)
    return vessels


def _grow(
    segments: list[tuple[float, np.ndarray]],
    rng: np.random.Generator,
    start: np.ndarray,
    bearing: float,
    width: float,
    side: int,
    unit: float,
    depth: int,
) -> None:
    """One vessel: walks outwards with a slow curve, thins, and gives off branches."""
    points = [start]
    bend = rng.normal(0, 0.05)
    steps = int(rng.integers(6, 13)) if depth == 0 else int(rng.integers(4, 9))
    turns = bearing + np.cumsum(rng.normal(bend, 0.09, steps))
    lengths = rng.uniform(0.75, 1.2, steps) * unit
    moves = lengths[:, None] * np.c_[side * np.cos(turns), np.sin(turns)]
    for step in range(steps):
        bearing = float(turns[step])
        points.append(points[-1] + moves[step])
        if depth < 2 and step > 0 and rng.random() < 0.55 and width > 0.06 * unit:
            fork = bearing + rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
            _grow(segments, rng, points[-1], fork, width * rng.uniform(0.45, 0.7), side, unit, depth + 1)
        if step % 2 == 1 or step == steps - 1:
            segments.append((width, np.array(points[-3:])))
            width *= 0.86
