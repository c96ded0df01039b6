"""From attenuation to a stored film: beam, scatter, quantum noise, display curve, borders, compression."""

from __future__ import annotations

import cv2
import numpy as np

from mlbackend.data.phantom.canvas import Bool, Bytes, Canvas, Float
from mlbackend.data.phantom.devices import lettering
from mlbackend.data.phantom.sources import Source

Quality = dict[str, float]


def expose(
    canvas: Canvas, attenuation: Float, lungs: Bool, rng: np.random.Generator, source: Source
) -> tuple[Bytes, Bool, Quality]:
    """Film (H, W) uint8, the part of it that the beam reached, and the settings that made it."""
    photons = float(np.exp(rng.uniform(*np.log(source.photons)))) * (512 / canvas.size) ** 2
    scatter = rng.uniform(*source.scatter)
    sharpness = rng.uniform(*source.sharpness_cm)
    primary = canvas.blur(np.exp(-attenuation), sharpness)
    # Skin-side raw beam scatters little into the film, so it is capped.
    haze = canvas.blur(np.minimum(primary, 0.25), 4.0)
    beam = primary + np.float32(scatter) * haze
    beam *= _heel(canvas, rng, source.vignette)
    grain = rng.standard_normal(beam.shape, np.float32)
    if source.sharpness_cm[1] > 0.05:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * np.float32(1.9)
    beam += grain * np.sqrt(np.maximum(beam, 1e-6) * np.float32(1 / photons))
    density = -np.log(np.maximum(beam, np.float32(2e-4)))
    tone, settings = _display(canvas, density, lungs, rng, source)
    seen = _shutters(canvas, lungs, rng, source)
    film = np.clip(tone * 255, 0, 255).astype(np.uint8)
    lettering(film, rng, source)
    film[~seen] = 0 if rng.random() < 0.9 else int(rng.uniform(0, 40))
    level = int(rng.integers(source.jpeg[0], source.jpeg[1] + 1))
    packed = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, level])[1]
    stored = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    quality = {"photons": photons, "scatter": scatter, "blur_cm": sharpness, "jpeg_quality": float(level), **settings}
    return stored, seen, quality


def _heel(canvas: Canvas, rng: np.random.Generator, vignette: float) -> Float:
    """Uneven beam: the anode's heel effect along one direction and fall-off to the corners."""
    axis = np.linspace(-1, 1, canvas.size, dtype=np.float32)
    gx, gy = rng.normal(0, 0.08, 2)
    corner = np.float32(vignette * rng.uniform(0, 1)) * (axis[None, :] ** 2 + axis[:, None] ** 2)
    return (1 + np.float32(gx) * axis[None, :] + np.float32(gy) * axis[:, None]) * np.exp(-0.5 * corner)


def _display(
    canvas: Canvas, density: Float, lungs: Bool, rng: np.random.Generator, source: Source
) -> tuple[Float, Quality]:
    """Window, curve and local contrast as a console or a film's characteristic curve applies them."""
    strength = rng.uniform(*source.local_contrast)
    if strength > 0.05:
        # Multi-scale enhancement lifts fine detail and flattens the wide range; strong edges are limited against halos.
        capped = np.maximum(density, np.float32(0.3))
        limit = np.float32(0.15)
        fine = limit * np.tanh((density - canvas.blur(capped, 0.35)) / limit)
        wide = density - canvas.blur(capped, 6.0)
        density = density + np.float32(1.1 * strength) * fine + np.float32(0.35 * strength) * wide
    sample, inside = density[::4, ::4], lungs[::4, ::4]
    trunk = sample[sample > 0.4]
    dark = float(np.percentile(sample[inside] if inside.any() else sample, 2))
    light = float(np.percentile(trunk if trunk.size else sample, 97.5))
    # Many consoles keep the black end for air outside the body, which leaves the lungs grey.
    dark -= rng.uniform(*source.lung_grey) * max(light - dark, 0.3)
    width = max(light - dark, 0.3) * rng.uniform(*source.window)
    middle = 0.5 * (dark + light) + rng.normal(0, 0.07) * width
    low = middle - width * 0.56
    tone = np.clip((density - np.float32(low)) / np.float32(width * 1.12), -0.3, 1.3)
    slope = rng.uniform(1.2, 4.0)
    tone = 1 / (1 + np.exp(-np.float32(slope) * (tone - np.float32(0.5))))
    ends = 1 / (1 + np.exp(slope * np.array([0.62, -0.5])))
    tone = np.clip((tone - np.float32(ends[0])) / np.float32(ends[1] - ends[0]), 0, 1)
    gamma = rng.uniform(*source.gamma)
    floor, ceiling = rng.uniform(*source.floor), rng.uniform(*source.ceiling)
    tone = np.float32(floor) + np.float32(ceiling - floor) * tone ** np.float32(gamma)
    return tone.astype(np.float32), {"gamma": gamma, "window": width, "local_contrast": strength, "floor": floor}


def _shutters(canvas: Canvas, lungs: Bool, rng: np.random.Generator, source: Source) -> Bool:
    """What the collimator leaves open; it never cuts more than a sliver of lung."""
    size = canvas.size
    seen = np.ones((size, size), bool)
    rows, columns = np.flatnonzero(lungs.any(1)), np.flatnonzero(lungs.any(0))
    if rows.size == 0:
        return seen
    box = np.array([columns[0], rows[0], size - 1 - columns[-1], size - 1 - rows[-1]]) / size
    cut = np.zeros(4)
    if rng.random() < source.shutter:
        cut = np.maximum(0, np.minimum(rng.uniform(-0.03, 0.12, 4), box - 0.005))
    if rng.random() < source.pad:
        bar = max(0.0, min(rng.uniform(0.03, 0.11), box[0] - 0.01, box[2] - 0.01))
        cut[[0, 2]] = np.maximum(cut[[0, 2]], bar)
    angle = np.deg2rad(rng.normal(0, 0.7))
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    x = axis[None, :] + np.float32(np.tan(angle)) * (axis[:, None] - 0.5)
    y = axis[:, None] - np.float32(np.tan(angle)) * (axis[None, :] - 0.5)
    for amount, distance in zip(cut, (x, y, 1 - x, 1 - y), strict=True):
        if amount > 0:
            seen &= distance > amount
    return seen
