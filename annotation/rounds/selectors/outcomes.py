"""What became of proposals: the mask that was shown against the mask that the film got, batch by batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from annotation.images.models import ImageRole, ImageState
from annotation.masks.models import LISTS
from annotation.projects.models import Project
from annotation.projects.protocol import DrawingStage
from annotation.reviews.models import Adjudication, Edit, ReviewBatch, Verification
from annotation.rounds.models import Provenance, RepositoryEntry, Round

UNCHANGED = frozenset({Provenance.ACCEPTED, Provenance.ADJUDICATED})


@dataclass(frozen=True)
class Outcome:
    """A film's settlement in one round. ``dsc`` is that of its mask with the proposal, None where it is not known."""

    round_number: int
    provenance: str
    verified: str
    changed: bool
    dsc: float | None
    stands: bool = True
    """Whether the film's mask is this one, verifications aside: one that was chosen on since is not counted anew."""


def settled_outcomes(project: Project) -> list[Outcome]:
    """All settlements of the pool's films that stand, at most one a film and round; excluded films are left out.

    DSC at film resolution, 0..1: 1 where the proposal was accepted or confirmed as it was, else as it was stored with
    the correction or the drawing. A fixed number of queries, and no pixels are read.
    """
    rows = (
        RepositoryEntry.objects.filter(project=project, project_image__role=ImageRole.POOL)
        .exclude(project_image__state__in=[ImageState.EXCLUDED, ImageState.CHOSEN, ImageState.DENIED])
        .order_by("project_image_id", "version")
    )
    # A later verification closes another round's entry, and may be undone: of each film and round the last one counts,
    # of verifications only one that stands.
    last: dict[tuple[UUID, int], tuple[str, str, UUID]] = {}
    for film, number, provenance, verified, mask, superseded in rows.values_list(
        "project_image_id", "round_number", "provenance", "verified", "mask_id", "superseded_at"
    ):
        if not (verified and superseded):
            # Taken out first, so that the last round stands last.
            last.pop((film, number), None)
            last[film, number] = (provenance, verified, mask)
    drawn = _drawn(project)
    # In the order of their versions: the last that no verification wrote is where the film's mask comes from.
    home = {film: number for (film, number), (_, verified, _) in last.items() if not verified}
    outcomes = []
    for (film, number), (provenance, verified, mask) in last.items():
        changed = verified == "corrected" if verified else provenance not in {*UNCHANGED, Provenance.PICKED}
        dsc = drawn.get(mask) if changed else 1.0
        outcomes.append(Outcome(number, provenance, verified, changed, dsc, home.get(film) == number))
    return outcomes


def _drawn(project: Project) -> dict[UUID, float | None]:
    """By mask that a person made: its DSC with the proposal of the task."""
    found: dict[UUID, float | None] = {}
    rows = Edit.objects.filter(task__project=project, result__isnull=False).order_by()
    for mask, start, proposal, dsc, note in rows.values_list(
        "result_id", "start_id", "task__proposal_id", "dsc_with_start", "result__note"
    ):
        found[mask] = dsc if start == proposal else (note or {}).get("dsc_with_proposal")
    drawings = Adjudication.objects.filter(task__project=project, result__isnull=False).order_by()
    for mask, note in drawings.values_list("result_id", "result__note"):
        found[mask] = (note or {}).get("dsc_with_proposal")
    verifications = Verification.objects.filter(task__project=project, result__isnull=False).order_by()
    found |= dict(verifications.values_list("result_id", "dsc_with_start"))
    return found


def proposals_by_batch(project: Project, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """By batch of verdicts or verifications: DSC of the proposal with the mask as the batch left it.

    ``unchanged`` films have a DSC of 1 by what the word means; ``changed`` are those that a person corrected or drew.
    A blind choice is left out: the picked mask is the film's mask. So are films that were drawn from nothing.
    """
    drawn = set(Round.objects.filter(project=project, kind=DrawingStage.kind).values_list("number", flat=True))
    by_number: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.provenance != Provenance.PICKED or outcome.verified:
            by_number[outcome.round_number].append(outcome)
    figures = []
    for number, name in ReviewBatch.objects.filter(project=project).order_by("number").values_list("number", "name"):
        own = by_number.get(number, [])
        if not own or number in drawn:
            continue
        changed = [outcome.dsc for outcome in own if outcome.changed]
        figures.append(
            {
                "batch": name,
                "number": number,
                "kind": "verification" if any(outcome.verified for outcome in own) else "evaluation",
                "unchanged": sum(not outcome.changed for outcome in own),
                "changed": dsc_summary(changed),
                "all": dsc_summary([outcome.dsc for outcome in own]),
            }
        )
    return figures


def dsc_summary(values: Sequence[float | None]) -> dict[str, Any]:
    """Films, those that could be ``compared``, and of these median, quartiles (linear interpolation) and lowest DSC."""
    known = [value for value in values if value is not None]
    low, middle, high = (float(v) for v in np.percentile(known, [25, 50, 75])) if known else (None, None, None)
    return {
        "films": len(values),
        "compared": len(known),
        "q1": low,
        "median": middle,
        "q3": high,
        "lowest": min(known, default=None),
    }


def main_networks(project: Project) -> list[dict[str, Any]]:
    """The main network of each round that ended with one; validation DSC at the working size."""
    rounds = (
        Round.objects.filter(project=project, main_network__isnull=False)
        .select_related("main_network")
        .defer(*(f"main_network__{name}" for name in LISTS))
        .order_by("number")
    )
    return [
        {
            "round": round_.name,
            "number": round_.number,
            "network": round_.main_network.name,
            "validation_dsc": round_.main_network.validation_dsc,
            "grown_validation_dsc": round_.main_network.grown_validation_dsc,
        }
        for round_ in rounds
        if round_.main_network is not None
    ]
