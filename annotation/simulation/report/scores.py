"""Ground truth against the truth: one score a film, and their summary by provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.images.models import Image, ImageRole
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read
from annotation.projects.models import Project
from annotation.rounds.models import Provenance
from annotation.rounds.repository import current
from annotation.simulation.oracle import Truth
from mlbackend.metrics import dice

GROUPS: dict[str, frozenset[str]] = {
    "all": frozenset(Provenance.values) - {Provenance.SEED},
    "accepted": frozenset({Provenance.ACCEPTED}),
    "picked": frozenset({Provenance.PICKED}),
    "corrected": frozenset({Provenance.CORRECTED}),
    "drawn": frozenset({Provenance.DRAWN}),
}
MACHINE = "machine"
"""What networks drew and people only accepted or picked: not a person's drawing that was picked among their masks."""


@dataclass(frozen=True)
class Scored:
    """One film of the ground truth, seeds left out. DSC at film resolution, 0..1."""

    image: Image
    mask: Mask
    proposal: Mask
    """The network's mask that it came of; the mask itself where nobody changed it."""
    provenance: str
    dsc: float
    proposal_dsc: float


def score_films(project: Project, truth: Truth) -> list[Scored]:
    """Scores of all pool films that have ground truth, in the order of their originals' sha256."""
    entries = (
        current(project).filter(project_image__role=ImageRole.POOL).select_related("mask", "project_image__image")
    ).order_by("project_image__image__sha256")
    scored = []
    for entry in entries:
        image, mask = entry.project_image.image, entry.mask
        true = truth.mask(image.sha256, width=image.width, height=image.height)
        proposal = _origin(mask)
        dsc = float(dice(mask_read(mask), true))
        before = dsc if proposal.pk == mask.pk else float(dice(mask_read(proposal), true))
        scored.append(Scored(image, mask, proposal, entry.provenance, dsc, before))
    return scored


def _origin(mask: Mask) -> Mask:
    """The network's mask at the root of a person's; the mask itself where there is none."""
    while mask.kind != MaskKind.CANDIDATE:
        parent = mask.parents.order_by("created_at").first()
        if parent is None:
            return mask
        mask = parent
    return mask


def summarise(values: Sequence[float]) -> dict[str, Any]:
    """Count, mean, 5th percentile and worst; None where there is nothing to summarise."""
    if not values:
        return {"count": 0, "mean_dsc": None, "p5_dsc": None, "worst_dsc": None}
    return {
        "count": len(values),
        "mean_dsc": round(float(np.mean(values)), 5),
        "p5_dsc": round(float(np.percentile(values, 5)), 5),
        "worst_dsc": round(float(min(values)), 5),
    }


def ground_truth(scored: Sequence[Scored]) -> dict[str, Any]:
    """By the names of ``GROUPS``, and ``MACHINE``."""
    found = {name: summarise([s.dsc for s in scored if s.provenance in kinds]) for name, kinds in GROUPS.items()}
    return {**found, MACHINE: summarise([s.dsc for s in scored if s.mask.kind == MaskKind.CANDIDATE])}
