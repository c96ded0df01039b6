"""How many proposals of a round were accepted."""

from __future__ import annotations

from typing import Any

from annotation.reviews.models import Verdict, VerdictDecision
from annotation.rounds.models import Round
from mlbackend.metrics import wilson_interval


def accept_rate(round_: Round) -> dict[str, Any]:
    """Share of accepts among the counting verdicts of a round, probes left out, with its 95 % Wilson interval."""
    decisions = list(
        Verdict.objects.filter(
            task__batch=round_.batch_id, task__is_probe=False, counts=True, supersedes__isnull=True,
            superseded_by__isnull=True,
        ).values_list("decision", flat=True)
    )  # fmt: skip
    total = len(decisions)
    if not total:
        return {"verdicts": 0, "share": None, "low": None, "high": None}
    share = decisions.count(VerdictDecision.ACCEPT) / total
    low, high = wilson_interval(share, total)
    return {"verdicts": total, "share": share, "low": low, "high": high}
