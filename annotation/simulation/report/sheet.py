"""The contact sheet: films with the truth, the network's proposal and the final mask."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.common.blobs import blobs
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.simulation.oracle import Truth
from annotation.simulation.report.scores import GROUPS, Scored

SIDE = 300
"""Longest side of a picture in pixels."""
TRUTH_BGR, PROPOSAL_BGR, FINAL_BGR = (120, 220, 90), (60, 160, 255), (255, 190, 80)


@dataclass(frozen=True)
class Tile:
    """One film: its group and place, its scores, three pictures as data URLs."""

    group: str
    place: str
    label: str
    dsc: float
    proposal_dsc: float
    truth: str
    proposal: str
    final: str


def contact_sheet(scored: Sequence[Scored], truth: Truth) -> list[Tile]:
    """Best, median and worst film of each provenance."""
    tiles = []
    for group in ("accepted", "picked", "corrected"):
        films = sorted((s for s in scored if s.provenance in GROUPS[group]), key=lambda s: (-s.dsc, s.image.sha256))
        if group == "corrected":
            # Corrections all end at the same score: what they started from tells them apart.
            films.sort(key=lambda s: (-s.proposal_dsc, s.image.sha256))
        places = {0: "best", len(films) // 2: "median", len(films) - 1: "worst"} if films else {}
        for index, place in sorted(places.items()):
            tiles.append(_tile(group, place if len(films) > 2 else "", films[index], truth))
    return tiles


def _tile(group: str, place: str, film: Scored, truth: Truth) -> Tile:
    image = film.image
    grey = cv2.imdecode(np.frombuffer(blobs().read(image.rendition_key), np.uint8), cv2.IMREAD_UNCHANGED)
    if grey is None:
        raise ValueError(f"rendition {image.rendition_key} cannot be read as PNG")
    grey = np.asarray(grey if grey.dtype == np.uint8 else grey // 257, dtype=np.uint8)
    true = truth.mask(image.sha256, width=image.width, height=image.height)

    def shown(mask: Mask, colour: tuple[int, int, int]) -> str:
        return _picture(grey, [(true, TRUTH_BGR), (mask_read(mask), colour)])

    return Tile(
        group, place, image.label or "no class", film.dsc, film.proposal_dsc, _picture(grey, [(true, TRUTH_BGR)]),
        shown(film.proposal, PROPOSAL_BGR), shown(film.mask, FINAL_BGR),
    )  # fmt: skip


def _picture(grey_hw: NDArray[np.uint8], outlines: Sequence[tuple[NDArray[np.bool_], tuple[int, int, int]]]) -> str:
    height, width = grey_hw.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(grey_hw, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    colour = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    for mask, bgr in outlines:
        small_mask = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 127
        contours, _ = cv2.findContours(small_mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(colour, contours, -1, bgr, 1, cv2.LINE_AA)
    data = cv2.imencode(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
