"""A patient and a pose as numbers, and the outlines of lungs, heart and chest wall that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlbackend.data.phantom.canvas import curve, stream
from mlbackend.data.phantom.sources import Source

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Patient:
    """What stays the same on every film of one patient. Lengths in cm."""

    seed: int
    child: bool
    female: bool
    half_width: float
    """Inner half width of the chest at its widest."""
    height: float
    """Apex to costophrenic angle in full inspiration."""
    depth: float
    """Thickness of the trunk, front to back."""
    wall: float
    """Soft tissue outside the ribs, as a share of the half width."""
    cardiothoracic: float
    """Heart width over inner chest width, upright."""
    apex_width: float
    belly: float
    dome: tuple[float, float]
    """Height of the right and left dome as a share of lung height."""
    knob: float
    mediastinum: float
    """Half width of the upper mediastinum, as a share of the half width."""
    scoliosis: float
    rib_slope: float
    bone: float
    """Mineral density, 1 is average."""
    bend: NDArray[np.float64]
    jitter: NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """How the patient stood or lay for one film."""

    half_width: float
    height: float
    turn: float
    """Rotation about the long axis, -1..1: widens one lung's projection and narrows the other's."""
    supine: float
    """0 upright, 1 lying: wider heart, higher clavicles and shoulder blades over the lungs."""
    cardiothoracic: float
    tilt_degrees: float
    arms_degrees: float
    zoom: tuple[float, float]
    shift: tuple[float, float]


def draw_patient(seed: int, source: Source) -> Patient:
    """A patient of the kind that this source sees."""
    rng = stream(seed, "patient")
    child = bool(rng.random() < source.child_share)
    growth = rng.uniform(0.42, 0.75) if child else rng.uniform(0.9, 1.12)
    female = bool(rng.random() < 0.45)
    half_width = 13.6 * growth * (0.95 if female else 1.0) * (rng.uniform(0.88, 1.0) if child else 1.0)
    ratio = rng.uniform(1.6, 2.0) if child else rng.uniform(1.75, 2.35)
    bend = np.c_[
        rng.normal(0, 0.16 * growth, (4, 2)),
        rng.uniform(-0.35, 0.35, (4, 2)) / growth,
        rng.uniform(0, 2 * np.pi, (4, 2)),
    ]
    return Patient(
        seed=seed,
        child=child,
        female=female and not child,
        half_width=half_width,
        height=half_width * ratio,
        depth=rng.uniform(10, 15) if child else rng.uniform(18, 26),
        wall=rng.uniform(0.08, 0.2) if child else rng.uniform(0.1, 0.32),
        cardiothoracic=rng.uniform(0.46, 0.58) if child else rng.uniform(0.38, 0.54),
        apex_width=rng.uniform(0.4, 0.54),
        belly=rng.uniform(0.95, 1.25),
        dome=(rng.uniform(0.75, 0.87), rng.uniform(0.78, 0.9)),
        knob=rng.uniform(0.0, 0.4) if child else rng.uniform(0.5, 1.3),
        mediastinum=rng.uniform(0.15, 0.28) if child else rng.uniform(0.13, 0.22),
        scoliosis=rng.normal(0, 0.35),
        rib_slope=rng.uniform(0.12, 0.24) if child else rng.uniform(0.22, 0.4),
        bone=rng.uniform(0.75, 1.2),
        bend=bend,
        jitter=rng.uniform(-1, 1, 40),
    )


def draw_pose(rng: np.random.Generator, patient: Patient, source: Source) -> Pose:
    """How this source's staff would place that patient."""
    supine = float(np.clip(rng.normal(source.supine, 0.15), 0, 1))
    breath = rng.uniform(0.86, 1.03) - 0.1 * supine
    margin = rng.uniform(*source.margin)
    aspect = np.exp(rng.normal(source.aspect, 0.08))
    return Pose(
        half_width=patient.half_width * (1 + 0.06 * supine),
        height=patient.height * breath,
        turn=float(np.clip(rng.normal(0, source.turn), -0.5, 0.5)),
        supine=supine,
        cardiothoracic=float(np.clip(patient.cardiothoracic * (1 + 0.18 * supine + rng.normal(0, 0.02)), 0.35, 0.68)),
        tilt_degrees=rng.normal(0, source.tilt),
        arms_degrees=rng.uniform(*source.arms),
        zoom=(margin * aspect**0.5, margin / aspect**0.5),
        shift=(rng.normal(0, 0.05), rng.normal(0.0, 0.05)),
    )


class Outlines:
    """Outlines in body centimetres. Side -1 is the patient's right lung, at the left of the film."""

    def __init__(self, patient: Patient, pose: Pose) -> None:
        self.patient, self.pose = patient, pose
        self.a, self.h = pose.half_width, pose.height
        self.midline = pose.turn * 0.12 * self.a
        """Where the front of the mediastinum projects: rotation carries it sideways."""

    def side_width(self, side: int) -> float:
        """Half width of one side; rotation widens one and narrows the other."""
        return self.a * (1 - 0.14 * side * self.pose.turn)

    def wall_x(self, share: NDArray | float, side: int) -> NDArray:
        """Lateral edge of the lung (cm from the midline, unsigned) at a share 0..1 of lung height."""
        p = self.patient
        j = p.jitter[0:5] if side < 0 else p.jitter[5:10]
        knots = np.array([-0.3, -0.05, 0.0, 0.06, 0.15, 0.3, 0.5, 0.75, 1.0, 1.3])
        w = p.apex_width
        widths = np.array(
            [w - 0.1, w, w + 0.06, w + 0.17, 0.77, 0.9, 0.965, 1.0, 0.985 + 0.05 * (p.belly - 1), 0.95],
        )
        widths[4:9] += 0.02 * j
        widths[4:6] += 0.06 * (1 - 2 * p.jitter[10] ** 2) * p.child
        return self.side_width(side) * np.interp(share, knots, np.maximum.accumulate(widths))

    def lung(self, side: int) -> Points:
        """The whole lung's outline, with what lies behind the heart: wall, apex, medial edge, dome."""
        p, a, h = self.patient, self.a, self.h
        j = p.jitter[12:20] if side < 0 else p.jitter[20:28]
        wide = self.side_width(side)
        inner = 0.13 * wide + 0.01 * j[0] * a
        dome = p.dome[0 if side < 0 else 1]
        corner = float(self.wall_x(1.0, side))
        top = 0.0 if side < 0 else 0.012 * j[1] * h
        wall = [(float(self.wall_x(t, side)), t * h) for t in (0.97, 0.85, 0.7, 0.55, 0.4, 0.28, 0.19, 0.12)]
        apex = [
            (p.apex_width * wide * 1.26, 0.06 * h + top),
            (p.apex_width * wide * 1.0, 0.018 * h + top),
            (p.apex_width * wide * 0.72, top),
            (p.apex_width * wide * 0.46, 0.022 * h + top),
            (inner * 1.25, 0.085 * h + top),
        ]
        medial = [(inner, 0.2 * h), (inner * 0.95, 0.4 * h), (inner * 1.05, 0.6 * h), (inner * 1.2, (dome + 0.035) * h)]
        peak = (0.46 + 0.07 * j[2]) * wide
        gap = 0.985 - dome
        diaphragm = [
            (inner * 1.2, (dome + 0.035 + 0.01 * j[3]) * h),
            (0.5 * (inner + peak), (dome + 0.01) * h),
            (peak, dome * h),
            (0.5 * (peak + corner), (dome + (0.24 + 0.08 * j[4]) * gap) * h),
            (0.85 * corner, (dome + (0.55 + 0.1 * j[4]) * gap) * h),
            (0.95 * corner, (dome + 0.8 * gap) * h),
            (corner, (0.985 + 0.01 * j[5]) * h),
        ]
        outline = np.r_[curve([(corner, 0.985 * h), *wall, *apex, *medial], 110), curve(diaphragm, 50)]
        outline[:, 0] = side * outline[:, 0] + self.spine_x(outline[:, 1])
        return outline

    def spine_x(self, y: NDArray | float) -> NDArray:
        """Midline of the spine at a height, cm."""
        return self.patient.scoliosis * np.sin(np.asarray(y) / self.h * 3.3 + self.patient.jitter[11] * 2)

    def heart(self) -> Points:
        """Cardiac silhouette with the great vessels' roots; its lower part is hidden by the diaphragm."""
        p, a, h = self.patient, self.a, self.h
        j = p.jitter[28:36]
        total = 2 * a * self.pose.cardiothoracic
        right = total * (0.33 + 0.03 * j[0])
        left = total - right
        base = max(p.dome) * h + 0.06 * h
        upper = 0.42 + 0.02 * j[1]
        outline = [
            (-0.16 * a, (upper - 0.05) * h),
            (-0.8 * right, (upper + 0.11) * h),
            (-1.0 * right, 0.66 * h),
            (-0.92 * right, 0.77 * h),
            (-0.62 * right, base),
            (0.5 * left, base + 0.01 * h),
            (0.95 * left, (0.86 + 0.02 * j[2]) * h),
            (1.0 * left, (0.8 + 0.02 * j[2]) * h),
            (0.91 * left, (0.68 + 0.015 * j[3]) * h),
            (0.7 * left, (0.555 + 0.01 * j[4]) * h),
            (0.46 * left, (upper + 0.02) * h),
            ((0.23 + 0.04 * j[5]) * a, (upper - 0.08) * h),
            (0.16 * a, (upper - 0.12) * h),
            (-0.16 * a, (upper - 0.05) * h),
        ]
        points = curve(outline, 110)
        points[:, 0] += self.midline
        return points

    def mediastinum(self) -> Points:
        """Great vessels and aortic knob above the heart; a child's thymus widens it."""
        p, a, h = self.patient, self.a, self.h
        m = p.mediastinum * (1 + 0.15 * self.pose.supine)
        k = 0.045 * p.knob
        left = [(m + 0.04, -0.4), (m, -0.02), (m, 0.1), (m + 0.3 * k, 0.16), (m + k, 0.2), (m + 1.1 * k, 0.24)]
        left += [(m + 0.6 * k, 0.29), (m + 0.01, 0.34), (m + 0.03, 0.45), (m + 0.05, 0.9)]
        right = [(m + 0.05, 0.9), (m - 0.01, 0.5), (m - 0.01, 0.3), (m, 0.12), (m + 0.02, -0.02), (m + 0.06, -0.4)]
        both = np.r_[curve([(x * a, y * h) for x, y in left], 60), curve([(-x * a, y * h) for x, y in right], 40)]
        both[:, 0] += self.midline * 0.8 + self.spine_x(both[:, 1]) * 0.6
        return both

    def trunk(self) -> Points:
        """Skin outline of neck, shoulders and trunk."""
        p, a, h = self.patient, self.a, self.h
        neck = 0.42 if p.child else 0.4
        w = 1 + p.wall
        lift = -0.05 * self.pose.supine
        side = [
            (neck * 1.05, -1.2),
            (neck, -0.38),
            (neck * 1.15, -0.24),
            (0.8, -0.15 + lift),
            (1.25, -0.09 + lift),
            (1.6, 0.02),
            (1.66, 0.12),
            (1.52, 0.21),
            (w + 0.1, 0.3),
            (w + 0.02, 0.55),
            (w, 0.75),
            (w * 0.99, 1.0),
            (w * (0.99 + 0.12 * (p.belly - 1)), 1.5),
            (w, 2.6),
        ]
        half = curve([(x * a, y * h) for x, y in side], 90)
        return np.r_[half, (half * [-1, 1])[::-1]]
