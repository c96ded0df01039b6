"""Do reviewers agree, and do they look? For researchers and admins."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any
from uuid import UUID

from annotation.projects.models import Project
from annotation.reviews.models import Verdict, VerdictDecision
from mlbackend.metrics import wilson_interval

CURRENT = {"counts": True, "supersedes__isnull": True, "superseded_by__isnull": True}


def verdict_agreement(project: Project) -> dict[str, Any]:
    """Cohen's kappa over all films that two people read (Cohen 1960), and by pair of reviewers.

    Readings of a film in a batch form pairs; a film with three readers makes three. ``kappa`` is None where chance
    agreement is perfect (both always said the same), as the ratio has no value there.
    """
    readings: dict[tuple[UUID, UUID], list[tuple[str, str]]] = defaultdict(list)
    rows = Verdict.objects.filter(
        task__project=project, task__is_probe=False, task__replicas__gt=1, **CURRENT
    ).values_list("task__batch_id", "task__project_image_id", "actor__pseudonym", "decision")
    for batch, film, who, decision in rows:
        readings[batch, film].append((who, decision))
    by_pair: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for said in readings.values():
        for (first, one), (second, other) in combinations(sorted(said), 2):
            by_pair[first, second].append((one, other))
    everything = [pair for pairs in by_pair.values() for pair in pairs]
    return {
        **cohen_kappa(everything),
        "pairs": [
            {"reviewers": [first, second], **cohen_kappa(pairs)} for (first, second), pairs in sorted(by_pair.items())
        ],
    }


def cohen_kappa(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """``films``, ``agreement`` (share of equal verdicts, 0..1) and ``kappa`` (-1..1) of paired verdicts."""
    films = len(pairs)
    if not films:
        return {"films": 0, "agreement": None, "kappa": None}
    agreement = sum(one == other for one, other in pairs) / films
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[decision] * second[decision] for decision in first) / films**2
    kappa = None if chance == 1 else (agreement - chance) / (1 - chance)
    return {"films": films, "agreement": agreement, "kappa": kappa}


def probe_misses(project: Project) -> list[dict[str, Any]]:
    """By reviewer: how many proposals broken on purpose he accepted, with the 95 % Wilson interval of that share."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Verdict.objects.filter(task__project=project, task__is_probe=True, **CURRENT)
    for who, decision in rows.values_list("actor__pseudonym", "decision"):
        said[who][decision] += 1
    figures = []
    for who, decisions in sorted(said.items()):
        probes, missed = decisions.total(), decisions[VerdictDecision.ACCEPT]
        low, high = wilson_interval(missed / probes, probes)
        figures.append(
            {"reviewer": who, "probes": probes, "missed": missed, "share": missed / probes, "low": low, "high": high}
        )
    return figures
