"""Opacities that take the lung's air away, by class and severity, and fluid in the pleural space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlbackend.data.phantom.anatomy import Outlines
from mlbackend.data.phantom.canvas import Bool, Canvas, Float, smoothstep, stream
from mlbackend.data.phantom.tissue import Chest

LABELS = ("normal", "covid", "non_covid")


@dataclass
class Disease:
    """What disease does to the healthy chest."""

    filled: Float
    """Share 0..1 of the lung's air that is replaced by fluid or cells."""
    infection: Bool
    """Where that is disease: the truth, inside both lungs and outside pleural fluid."""
    fluid: Bool
    """Pleural fluid: no longer lung."""


def infected_share(severity: float) -> float:
    """Share of lung area that is infected at a severity 0..1."""
    return 0.03 + 0.72 * severity**1.2 if severity > 0 else 0.0


def draw_disease(canvas: Canvas, outlines: Outlines, chest: Chest, seed: int, label: str, severity: float) -> Disease:
    """Disease of one film. The same seed at higher severity gives regions that contain those of a lower one."""
    empty = np.zeros((canvas.size, canvas.size), bool)
    if label == "normal":
        return Disease(np.zeros(empty.shape, np.float32), empty, empty)
    rng = stream(seed, "disease")
    fluid = _effusion(canvas, outlines, chest, rng, label)
    lungs = (chest.right | chest.left) & ~fluid
    favour = _multifocal(canvas, outlines, chest, rng) if label == "covid" else _focal(canvas, outlines, rng)
    coarse = canvas.noise(rng, 9.0, 2)
    fine = canvas.noise(rng, 3.5, 2)
    field = favour + np.float32(0.45) * coarse + np.float32(0.13) * fine
    values = field[lungs]
    if values.size == 0:
        return Disease(np.zeros(empty.shape, np.float32), empty, empty)
    level = float(np.float32(np.quantile(values, 1 - infected_share(severity))))
    infection = lungs & (field > level)
    # Edges fade: about half the density is reached where the drawn border runs.
    body = smoothstep(field, level - 0.25, level + 0.45)
    glass = np.float32(rng.uniform(0.28, 0.5) + 0.12 * severity)
    core = smoothstep(field, level + 0.25, level + 1.1)
    low = smoothstep(canvas.y, 0.35 * outlines.h, 0.8 * outlines.h)
    dense = np.float32(rng.uniform(0.25, 0.75) if label == "covid" else rng.uniform(0.5, 1.0)) * core
    dense = dense * ((0.45 + 0.55 * low) if label == "covid" else 1.0)
    filled = body * glass + (1 - body * glass) * dense
    filled *= 1 + np.float32(0.08) * canvas.noise(rng, 1.8, 2)
    return Disease(np.clip(filled, 0, 0.97).astype(np.float32), infection, fluid)


def _multifocal(canvas: Canvas, outlines: Outlines, chest: Chest, rng: np.random.Generator) -> Float:
    """Bilateral, peripheral, lower zones: the usual pattern of COVID-19 pneumonia."""
    lungs = chest.right | chest.left
    edge = 1 - canvas.profile(lungs, 0.5 * outlines.a)
    outward = smoothstep(np.abs(canvas.x), 0.2 * outlines.a, 0.95 * outlines.a)
    lower = smoothstep(canvas.y, 0.1 * outlines.h, 0.85 * outlines.h)
    bias = np.float32(rng.normal(0, 0.25)) * np.sign(canvas.x)
    return (0.7 * edge * outward + 0.5 * outward + np.float32(rng.uniform(0.2, 1.1)) * lower + bias).astype(np.float32)


def _focal(canvas: Canvas, outlines: Outlines, rng: np.random.Generator) -> Float:
    """One or two lobes, sometimes around the hila: other pneumonia."""
    total = np.zeros((canvas.size, canvas.size), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        side = rng.choice([-1, 1])
        x0, y0 = side * rng.uniform(0.3, 0.75) * outlines.a, rng.uniform(0.2, 0.85) * outlines.h
        rx, ry = rng.uniform(0.22, 0.5) * outlines.a, rng.uniform(0.12, 0.3) * outlines.h
        r = ((canvas.x - x0) / rx) ** 2 + ((canvas.y - y0) / ry) ** 2
        total += (rng.uniform(1.4, 2.4) * np.exp(-0.5 * r)).astype(np.float32)
    return total


def _effusion(canvas: Canvas, outlines: Outlines, chest: Chest, rng: np.random.Generator, label: str) -> Bool:
    """Fluid in a costophrenic angle, with the meniscus that climbs the chest wall. Independent of severity."""
    fluid = np.zeros((canvas.size, canvas.size), bool)
    chance = 0.12 if label == "covid" else 0.22
    for side, lung in ((-1, chest.right), (1, chest.left)):
        present, height, tilt = rng.random() < chance, rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.14)
        if not present:
            continue
        out = np.clip(side * canvas.x / np.float32(outlines.side_width(side)), 0, 1.1)
        top = (
            np.float32((0.99 - height) * outlines.h)
            + np.float32(tilt * outlines.h) * (1 - out) * 2
            - np.float32(0.1 * outlines.h) * out**6
        )
        fluid |= lung & (canvas.y > top)
    return fluid
