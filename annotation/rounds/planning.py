"""Which round comes next: a function of the protocol and of what has been settled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.projects.models import Project
from annotation.projects.protocol import (
    EvaluationStage,
    InitialTrainingStage,
    Protocol,
    SelectionStage,
    VerificationStage,
)
from annotation.reviews.models import Verdict, VerdictDecision
from annotation.rounds.models import Round
from mlbackend.metrics import wilson_interval

Steps = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Plan:
    """A round to be: its place in the protocol and its steps in order."""

    name: str
    stage: int
    kind: str
    steps: Steps


def plan_next(project: Project, protocol: Protocol) -> Plan | None:
    """The next round, or None when the protocol is worked through. All rounds so far are closed."""
    rounds = list(Round.objects.filter(project=project))
    if not rounds:
        return _plan_stage(project, protocol, 0, rounds)
    last = rounds[-1]
    stage = protocol.stages[last.stage]
    if isinstance(stage, EvaluationStage) and not _evaluation_ends(project, stage, last, rounds):
        return _plan_stage(project, protocol, last.stage, rounds)
    if isinstance(stage, SelectionStage) and last.kind == stage.kind and _count(project, ImageState.DENIED):
        return Plan(
            f"{stage.name}.denied",
            last.stage,
            EvaluationStage.kind,
            [
                ("take", {"state": ImageState.DENIED}),
                ("predict", {"models": "main"}),
                ("offer", {"kind": "verdict"}),
                ("review", {}),
            ],
        )
    for index in range(last.stage + 1, len(protocol.stages)):
        plan = _plan_stage(project, protocol, index, rounds)
        if plan is not None:
            return plan
    return None


def plan_ahead(project: Project, protocol: Protocol) -> tuple[Plan, int] | None:
    """The next round in which people work, with its number, as things stand now; None where none is left.

    An open round is taken as if it closed now: who excludes or denies films before it does changes what comes.
    """
    rounds = list(Round.objects.filter(project=project))
    number = 1 + (rounds[-1].number if rounds else 0)
    plan = plan_next(project, protocol)
    while plan is not None and plan.kind == InitialTrainingStage.kind:
        number += 1
        later = (_plan_stage(project, protocol, i, rounds) for i in range(plan.stage + 1, len(protocol.stages)))
        plan = next((found for found in later if found is not None), None)
    return None if plan is None else (plan, number)


def _count(project: Project, state: str) -> int:
    return ProjectImage.objects.filter(project=project, role=ImageRole.POOL, state=state).count()


def settled_in_stage(project: Project, rounds: list[Round], stage: int) -> int:
    """Films that were settled, not excluded, in the rounds of a stage."""
    return (
        ProjectImage.objects.filter(project=project, rounds__round__in=[r for r in rounds if r.stage == stage])
        .exclude(state=ImageState.EXCLUDED)
        .distinct()
        .count()
    )


def _evaluation_ends(project: Project, stage: EvaluationStage, last: Round, rounds: list[Round]) -> bool:
    if not _count(project, ImageState.WAITING) or settled_in_stage(project, rounds, last.stage) >= stage.total:
        return True
    if stage.stop_accept_rate is None:
        return False
    low = accept_rate(last)["low"]
    return low is not None and low > stage.stop_accept_rate


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


def _plan_stage(project: Project, protocol: Protocol, index: int, rounds: list[Round]) -> Plan | None:
    stage = protocol.stages[index]
    steps: Steps
    name = stage.name
    if isinstance(stage, InitialTrainingStage):
        networks = [asdict(network) for network in stage.networks]
        steps = [("train", {"networks": networks, "data": "seeds", "purpose": "initial", "adopt": True})]
    elif isinstance(stage, EvaluationStage):
        count = min(stage.batch_size, stage.total - settled_in_stage(project, rounds, index))
        name = f"{stage.name}.{1 + sum(r.stage == index for r in rounds)}"
        steps = [
            ("choose", {"count": count}),
            ("predict", {"models": "main"}),
            ("offer", {"kind": "verdict"}),
            ("review", {"replace": True}),
            ("train", {"networks": "main", "data": "all", "purpose": "retrained", "adopt": True}),
        ]
        if not _count(project, ImageState.WAITING):
            return None
    elif isinstance(stage, SelectionStage):
        if not _count(project, ImageState.WAITING):
            return None
        networks = [asdict(network) for network in stage.networks]
        steps = [
            ("train", {
                "networks": networks, "data": "all" if stage.include_seeds else "pool", "purpose": "candidate",
            }),
            ("take", {"state": ImageState.WAITING}),
            ("predict", {"models": "candidates"}),
            ("offer", {"kind": "selection"}),
            ("review", {}),
            ("elect", {}),
            ("train", {"networks": "elected", "data": "all", "purpose": "most_picked", "adopt": True}),
        ]  # fmt: skip
    else:
        assert isinstance(stage, VerificationStage)
        steps = [("draw", {}), ("offer", {"kind": "verification"}), ("review", {}), ("estimate", {})]
    return Plan(name, index, stage.kind, steps)
