"""Ribs, spine, clavicles, shoulder blades and arms as attenuation (line integrals, no unit)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlbackend.data.phantom.anatomy import Outlines, Points
from mlbackend.data.phantom.canvas import Canvas, Float, curve, smoothstep, stream

_RIBS = 12


def draw_bones(canvas: Canvas, outlines: Outlines) -> Float:
    """Attenuation of the whole skeleton in view, (H, W) float32."""
    patient = outlines.patient
    unit = outlines.a / 13.6  # bones grow with the chest
    total = _ribs(canvas, outlines, unit)
    total += _spine(canvas, outlines, unit)
    total += _shoulders(canvas, outlines, unit)
    return total * np.float32(patient.bone * (0.65 if patient.child else 1.0))


def _rib_line(outlines: Outlines, index: int, side: int, wobble: float) -> tuple[Points, Points]:
    """Centre lines of a rib's back half and front half, spine to side and side to cartilage."""
    h = outlines.h
    spacing = 0.86 * h / 9.6
    drop = outlines.patient.rib_slope * h * (0.75 + 0.3 * min(index, 5) / 5) * (1 - 0.25 * outlines.pose.supine)
    start = (index - 0.75) * spacing + 0.1 * spacing * wobble
    if index == 0:
        start, drop = -0.35 * spacing, 0.13 * h
    widest = float(outlines.wall_x((start + 0.5 * drop) / h, side)) + 0.018 * outlines.a
    ends = 2.5 if index < 7 else 2.3 - 0.3 * (index - 7)
    theta = np.linspace(0.12, ends, 70)
    x = widest * np.sin(theta) ** 0.92
    fall = 0.6 * (0.5 - 0.5 * np.cos(theta)) + 0.4 * theta / np.pi
    # The neck of a rib climbs a little before the shaft turns down.
    y = start + drop * fall - 0.35 * spacing * np.sin(np.clip(theta * 2.2, 0, np.pi)) * (0.6 + 0.4 * wobble)
    line = np.c_[side * x, y]
    line[:, 0] += outlines.spine_x(line[:, 1])
    turning = int(np.searchsorted(theta, np.pi / 2)) + 1
    return line[:turning], line[turning - 1 :]


def _ribs(canvas: Canvas, outlines: Outlines, unit: float) -> Float:
    rng = stream(outlines.patient.seed, "ribs")
    back, front = canvas.blank(), canvas.blank()
    width = (1.25 if not outlines.patient.child else 1.1) * unit * rng.uniform(0.9, 1.15)
    for side in (-1, 1):
        for index in range(_RIBS):
            posterior, anterior = _rib_line(outlines, index, side, rng.uniform(-0.6, 0.6))
            swell = 1 + 0.12 * np.sin(np.linspace(0, 3, len(posterior)) + rng.uniform(0, 3))
            value = int(rng.uniform(85, 125) * (1 if index < 9 else 0.8 - 0.15 * (index - 9)))
            canvas.tube(back, posterior, width * swell, value, min(255, value + 85), 0.16 * unit)
            if len(anterior) > 4:
                wide = width * np.linspace(1.0, 1.35, len(anterior))
                canvas.tube(front, anterior, wide, value - 20, value + 40, 0.14 * unit)
    lateral = smoothstep(np.abs(canvas.x), 0.45 * outlines.a, 1.05 * outlines.a)
    soft = 0.07 * unit
    posterior_part = canvas.blur(back, soft) * (0.3 + 0.25 * lateral)
    anterior_part = canvas.blur(front, soft * 1.4) * (0.22 + 0.22 * lateral)
    return np.asarray((posterior_part + anterior_part) * np.float32(1 / 200), np.float32)


def _spine(canvas: Canvas, outlines: Outlines, unit: float) -> Float:
    h = outlines.h
    rng = stream(outlines.patient.seed, "spine")
    spacing = 0.86 * h / 9.6
    x = canvas.x - outlines.spine_x(canvas.y[:, canvas.size // 2])[:, None].astype(np.float32)
    # The spine fills a narrow strip of the film; only that strip is computed.
    near = np.flatnonzero(np.abs(x).min(0) < 3.5 * unit)
    strip = slice(int(near[0]), int(near[-1]) + 1) if near.size else slice(0, 0)
    x, y_strip = np.abs(x[:, strip]), canvas.y[:, strip]
    phase = y_strip * np.float32(1 / spacing) + np.float32(rng.uniform(0, 1))
    gap = (0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** 6
    half = 1.4 * unit * (1 + 0.08 * (y_strip / np.float32(h))) * (1 - 0.1 * (1 - gap))
    body = np.exp(-((x / half) ** 8)) * (1 - 0.4 * gap)
    rim = np.exp(-(((x - half) / (0.16 * unit)) ** 2)) * (1 - gap)
    column = np.zeros((canvas.size, canvas.size), np.float32)
    column[:, strip] = 0.26 * body + 0.08 * rim
    details = canvas.blank()
    lines: list[NDArray] = []
    ring = np.linspace(0, 2 * np.pi, 16)
    pedicle = np.c_[0.32 * unit * np.cos(ring), 0.5 * unit * np.sin(ring)]
    wing = curve([(0, 0), (1.8 * unit, -0.35 * unit), (2.7 * unit, 0)], 12)
    levels = range(int(np.floor(-0.6 * h / spacing)), 18)
    for level in levels:
        y = (level + 0.5) * spacing - rng.uniform(0, 0.1)
        x0 = float(outlines.spine_x(y))
        for side in (-1, 1):
            lines += [np.add(pedicle, [x0 + side * 0.95 * unit, y]), np.add(wing * [side, 1], [x0, y])]
        lines.append(np.linspace((x0, y + 0.1), (x0 + rng.normal(0, 0.1), y + 1.1 * unit), 6))
    count = len(levels)
    canvas.lines(
        details,
        lines,
        [0.16 * unit, 0.55 * unit, 0.16 * unit, 0.55 * unit, 0.5 * unit] * count,
        [170, 60, 170, 60, 150] * count,
    )
    return column + canvas.blur(details, 0.12 * unit) * np.float32(0.3 / 255)


def _shoulders(canvas: Canvas, outlines: Outlines, unit: float) -> Float:
    a, h, pose, patient = outlines.a, outlines.h, outlines.pose, outlines.patient
    rng = stream(patient.seed, "shoulders")
    blades, shafts = canvas.blank(), canvas.blank()
    lift = (0.02 - 0.09 * pose.supine) * h
    apart = 0.93 - 0.2 * pose.supine + rng.uniform(-0.05, 0.12)
    for side in (-1, 1):
        shift = outlines.midline * 1.2
        high = lift + rng.uniform(-0.02, 0.02) * h
        head = np.array([1.52 * a, 0.05 * h + high])
        clavicle = curve(
            [
                (0.1 * a, 0.125 * h + high * 1.3),
                (0.36 * a, 0.075 * h + high * 1.3),
                (0.72 * a, (0.035 + 0.015 * patient.jitter[36]) * h + high * 1.3),
                (1.05 * a, -0.005 * h + high * 1.2),
                (1.36 * a, -0.03 * h + high),
            ],
            50,
        )
        width = 1.0 * unit * (1 + 0.35 * np.abs(np.linspace(-1, 1, 50)) ** 3)
        clavicle[:, 0] = side * clavicle[:, 0] + shift
        canvas.tube(shafts, clavicle, width, 75, 135, 0.18 * unit)
        medial = [(apart * a, 0.04 * h + high), (0.97 * apart * a, 0.2 * h + high), (1.07 * apart * a, 0.44 * h + high)]
        lateral = [(1.1 * apart * a, 0.45 * h + high), (1.32 * a, 0.2 * h + high), (1.4 * a, 0.09 * h + high)]
        blade = np.r_[curve(medial, 25), curve(lateral, 25), curve([(1.3 * a, 0.03 * h + high), medial[0]], 10)]
        blade[:, 0] *= side
        canvas.fill(blades, blade, 60)
        canvas.line(blades, blade[:25], 0.22 * unit, 130)
        canvas.line(blades, blade[25:50], 0.5 * unit, 160)
        ridge = curve([(apart * a, 0.11 * h + high), (1.2 * a, 0.02 * h + high), (1.5 * a, -0.04 * h + high)], 20)
        canvas.line(blades, ridge * [side, 1], 0.6 * unit, 130)
        angle = np.deg2rad(pose.arms_degrees)
        away = head + np.array([np.sin(angle), np.cos(angle)]) * 1.6 * a
        shaft = np.linspace(head, away, 30)
        thick = np.interp(np.arange(30), [0, 3, 8, 29], np.array([3.6, 3.8, 2.3, 2.0]) * unit)
        canvas.tube(shafts, shaft * [side, 1], thick, 120, 215, 0.32 * unit)
        ring = np.linspace(0, 2 * np.pi, 24)
        ball = head + 2.0 * unit * np.c_[np.cos(ring), np.sin(ring)]
        canvas.fill(shafts, ball * [side, 1], 125)
        canvas.line(shafts, ball * [side, 1], 0.14 * unit, 190)
    return canvas.blur(blades, 0.09 * unit) * np.float32(0.42 / 255) + canvas.blur(shafts, 0.08 * unit) * np.float32(
        0.85 / 255
    )
