"""Do reviewers look, or just agree? What became of proposals that were broken on purpose."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import Any

from annotation.projects.models import Project
from annotation.reviews.models import BatchState, Verdict, VerdictDecision
from annotation.reviews.selectors.agreement import CURRENT
from annotation.reviews.selectors.shares import counted_share


def probe_misses(project: Project, *, closed_only: bool) -> dict[str, Any]:
    """Proposals broken on purpose that were accepted: in all, by reviewer and by kind of fault; shares with intervals.

    A reviewer's ``seconds`` are the median active seconds of his verdicts on probes, ``other_seconds`` those on all
    other proposals. ``closed_only`` leaves out open batches: who reads them could tell by a figure that moves that his
    last proposal was a probe.
    """
    where: dict[str, Any] = {"task__project": project, **CURRENT}
    if closed_only:
        where["task__batch__state"] = BatchState.CLOSED
    said: dict[str, Counter[str]] = defaultdict(Counter)
    faults: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: dict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    rows = Verdict.objects.filter(task__is_probe=True, **where)
    for who, decision, spent, note in rows.values_list(
        "actor__pseudonym", "decision", "active_seconds", "task__proposal__note"
    ):
        said[who][decision] += 1
        faults[(note or {}).get("broken") or "unknown"][decision] += 1
        seconds[who][True].append(spent)
    others = Verdict.objects.filter(task__is_probe=False, **where).order_by()
    for who, spent in others.values_list("actor__pseudonym", "active_seconds"):
        seconds[who][False].append(spent)
    return {
        "closed_batches_only": closed_only,
        "all": _missed(sum(said.values(), Counter())),
        "reviewers": [
            {
                "reviewer": who,
                **_missed(decisions),
                "seconds": _median(seconds[who][True]),
                "other_seconds": _median(seconds[who][False]),
            }
            for who, decisions in sorted(said.items())
        ],
        "faults": [{"fault": fault, **_missed(decisions)} for fault, decisions in sorted(faults.items())],
    }


def _missed(decisions: Counter[str]) -> dict[str, Any]:
    return counted_share(decisions[VerdictDecision.ACCEPT], decisions.total())


def _median(values: list[float]) -> float | None:
    return median(values) if values else None
