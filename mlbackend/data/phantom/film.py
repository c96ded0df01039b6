"""One procedural chest film with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlbackend.data.phantom.anatomy import Outlines, draw_patient, draw_pose
from mlbackend.data.phantom.bones import draw_bones
from mlbackend.data.phantom.canvas import Bool, Bytes, Canvas, stream
from mlbackend.data.phantom.devices import draw_devices
from mlbackend.data.phantom.disease import LABELS, draw_disease
from mlbackend.data.phantom.exposure import expose
from mlbackend.data.phantom.sources import SOURCES, Source, source_named
from mlbackend.data.phantom.tissue import draw_chest

CONVENTIONS = ("heart_out", "heart_in")

_SOFT_TISSUE = np.float32(0.165)  # effective linear attenuation at 100-120 kVp, per cm
_AIR_GAP = np.float32(0.165 * 0.74)  # what a centimetre of lung (density 0.26) saves


@dataclass(frozen=True, eq=False)
class PhantomFilm:
    """A film and what is true about it. Arrays are (H, W); the patient's right lung lies at the left of the film."""

    image: Bytes
    """Grey values 0..255, bright is dense, as a radiologist reads it."""
    mask_lung: Bool
    mask_infection: Bool
    """Lies inside ``mask_lung``; empty on normal films."""
    mask_left: Bool
    mask_right: Bool
    """The patient's left and right lung; together they are ``mask_lung``."""
    mask_heart: Bool
    """Cardiac silhouette above the diaphragm."""
    label: str
    """``normal``, ``covid`` or ``non_covid``."""
    patient_id: str
    source: str
    view: str
    """``PA`` or ``AP``."""
    severity: float
    """0..1; 0 on normal films."""
    seed: int
    quality: dict[str, float]
    """Settings of exposure and pose that make a film easy or hard."""


def generate_film(
    seed: int,
    *,
    size: int = 512,
    label: str | None = None,
    severity: float | None = None,
    convention: str = "heart_out",
    patient_seed: int | None = None,
    source: str | None = None,
) -> PhantomFilm:
    """Draw one film; the same arguments give the same bytes.

    ``label`` and ``severity`` (0..1) are drawn from the seed where they are not given; severity changes nothing but
    the opacities. ``convention`` is ``heart_out`` (lung ends at heart and mediastinum, as in the Shenzhen masks) or
    ``heart_in`` (with the lung behind the heart, as in COVID-QU-Ex). Lung ends at the pleura in both: pleural fluid and
    what a shutter hides are not lung. Films with the same ``patient_seed`` and ``source`` show the same anatomy.
    Raises ValueError for an unknown label, convention or source, a severity outside 0..1, or a size below 64.
    """
    check_request(seed=seed, size=size, label=label, severity=severity, convention=convention)
    rng = stream(seed, "film")
    chosen = source_named(source) if source else _draw_source(rng)
    drawn_label, drawn_severity = str(rng.choice(LABELS)), float(rng.uniform(0.1, 0.95))
    label = label or drawn_label
    severity = 0.0 if label == "normal" else drawn_severity if severity is None else float(severity)
    patient = draw_patient(seed if patient_seed is None else patient_seed, chosen)
    pose = draw_pose(stream(seed, "pose"), patient, chosen)
    outlines = Outlines(patient, pose)
    canvas = _canvas(size, outlines, chosen)

    chest = draw_chest(canvas, outlines)
    disease = draw_disease(canvas, outlines, chest, seed, label, severity)
    air = np.where(disease.fluid, np.float32(0), chest.air * (1 - disease.filled))
    parenchyma = 1 + np.float32(0.02) * canvas.noise(stream(patient.seed, "lung"), 1.6, 2)
    vessels = np.minimum(chest.vessels, 0.7 * air)
    bones = draw_bones(canvas, outlines)
    devices, device_count = draw_devices(canvas, outlines, stream(seed, "devices"), chosen)
    attenuation = _SOFT_TISSUE * np.maximum(chest.tissue - chest.gas, 0) - _AIR_GAP * air * parenchyma
    attenuation += _SOFT_TISSUE * vessels + bones * (chest.tissue > 0.5) + devices
    whole = chest.right | chest.left
    image, seen, quality = expose(canvas, np.maximum(attenuation, 0), whole, stream(seed, "exposure"), chosen)

    lung = whole & seen & ~disease.fluid
    if convention == "heart_out":
        lung &= ~chest.centre
    quality |= {
        "tilt_degrees": pose.tilt_degrees,
        "turn": pose.turn,
        "supine": pose.supine,
        "devices": float(device_count),
    }
    return PhantomFilm(
        image=image,
        mask_lung=lung,
        mask_infection=disease.infection & lung,
        mask_left=lung & chest.left,
        mask_right=lung & chest.right,
        mask_heart=chest.heart & seen,
        label=label,
        patient_id=f"phantom-{patient.seed:08d}",
        source=chosen.name,
        view=chosen.view,
        severity=severity,
        seed=seed,
        quality=quality,
    )


def check_request(
    *, seed: int, size: int, convention: str, label: str | None = None, severity: float | None = None
) -> None:
    """Raise ValueError, naming field, value and remedy, for what no film can be drawn from."""
    if seed < 0:
        raise ValueError(f"seed: {seed} is negative; give a whole number from 0")
    if size < 64:
        raise ValueError(f"size: {size} is too small for a chest; give 64 pixels or more")
    if label is not None and label not in LABELS:
        raise ValueError(f"label: {label!r} is unknown; valid labels are {', '.join(LABELS)}")
    if severity is not None and not 0 <= severity <= 1:
        raise ValueError(f"severity: {severity} is outside 0..1")
    if convention not in CONVENTIONS:
        raise ValueError(f"convention: {convention!r} is unknown; valid conventions are {', '.join(CONVENTIONS)}")


def _draw_source(rng: np.random.Generator) -> Source:
    weights = np.array([s.weight for s in SOURCES])
    return SOURCES[int(rng.choice(len(SOURCES), p=weights / weights.sum()))]


def _canvas(size: int, outlines: Outlines, source: Source) -> Canvas:
    """Place the chest on the film: the field of view follows the chest, as a radiographer's does."""
    pose, a, h = outlines.pose, outlines.a, outlines.h
    square = max(2 * a * (1 + 0.1), 1.08 * h)
    field = (square * pose.zoom[0], square * pose.zoom[1])
    spare_x = max(0.0, field[0] - 2 * a) / 2
    spare_y = max(0.0, field[1] - h) / 2
    shift_x = float(np.clip(pose.shift[0] * a * 2, -0.7 * spare_x, 0.7 * spare_x))
    shift_y = float(np.clip(pose.shift[1] * h, -0.6 * spare_y, 0.6 * spare_y))
    return Canvas(size, field, (shift_x, 0.5 * h + shift_y), pose.tilt_degrees, outlines.patient.bend)
