"""How much of the lungs is infected (tahir2021 section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
_MIN_LUNG = 0.2
"""A second region of less than this share of the first is no second lung."""


@dataclass(frozen=True)
class InfectedShare:
    """Infected pixels over lung pixels, 0..1; None where that lung has no pixel. Left is the patient's left."""

    both: float | None
    left: float | None
    right: float | None


def cut_to_lungs(infection: Mask, lungs: Mask) -> Mask:
    """Infection inside the lungs only (section 3.2); (H, W) bool each. Raises ValueError where shapes differ."""
    if infection.shape != lungs.shape:
        raise ValueError(f"infection has shape {infection.shape}, lungs {lungs.shape}; both must be the same")
    return infection & lungs


def split_lungs(lungs: Mask) -> tuple[Mask, Mask]:
    """The patient's (left, right) lung of a frontal film seen as usual: the patient's left lies on the film's right.

    Two regions are told apart by their centres; where the lungs touch, or only one is seen, they are parted at the
    emptiest column near the middle of the film.
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(lungs.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda region: -areas[region])
    if len(order) >= 2 and areas[order[1]] >= _MIN_LUNG * areas[order[0]]:
        column = float(centres[order[0]][0] + centres[order[1]][0]) / 2
        on_right = np.array([False, *(float(centre[0]) > column for centre in centres[1:])])
        left = on_right[labels] & lungs
        return left, lungs & ~left
    width = lungs.shape[1]
    start, stop = int(0.35 * width), max(int(0.65 * width), int(0.35 * width) + 1)
    between = lungs[:, start:stop].sum(axis=0)
    # Of equally empty columns the one nearest to the middle.
    near = np.abs(np.arange(start, stop) - (width - 1) / 2)
    column = start + int(np.lexsort((near, between))[0])
    left = lungs.copy()
    left[:, : column + 1] = False
    return left, lungs & ~left


def infected_share(infection: Mask, lungs: Mask) -> InfectedShare:
    """Share of both lungs and of each that ``infection`` covers; (H, W) bool each, infection is cut to the lungs."""
    inside = cut_to_lungs(infection, lungs)

    def share(lung: Mask) -> float | None:
        pixels = int(np.count_nonzero(lung))
        return int(np.count_nonzero(inside & lung)) / pixels if pixels else None

    left, right = split_lungs(lungs)
    return InfectedShare(share(lungs), share(left), share(right))
