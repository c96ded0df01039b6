"""The next round of each kind of stage. A new kind is a function here, and its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from annotation.images.models import ImageState
from annotation.projects.protocol import (
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    Network,
    OutOfFoldStage,
    RepeatedSelectionStage,
    SelectionStage,
    VerificationStage,
)
from annotation.reviews.models import TaskKind
from annotation.rounds.planning.accepts import accept_rate
from annotation.rounds.planning.base import Place, Plan, StagePlanner, Steps


def _names(networks: Sequence[Network]) -> list[dict[str, str]]:
    return [asdict(network) for network in networks]


def initial_training(stage: InitialTrainingStage, place: Place) -> Plan | None:
    """One round: the networks learn from the seeds, the best one becomes the main network."""
    if place.own:
        return None
    train = {"networks": _names(stage.networks), "data": "seeds", "purpose": "initial", "adopt": True}
    return Plan(stage.name, place.index, stage.kind, [("train", train)])


def drawing(stage: DrawingStage, place: Place) -> Plan | None:
    """One round: diverse films are chosen and drawn."""
    if place.own or not place.count(ImageState.WAITING):
        return None
    offer = {"kind": TaskKind.CORRECTION, "role": stage.readers}
    steps: Steps = [("choose", {"count": stage.total}), ("offer", offer), ("review", {"replace": True})]
    return Plan(stage.name, place.index, stage.kind, steps)


def out_of_fold(stage: OutOfFoldStage, place: Place) -> Plan | None:
    """One round with the films of the stage before; where all masks of a film are denied, one more to draw it anew."""
    if place.own:
        return _draw_denied(stage, place)
    train = {"networks": _names(stage.networks), "folds": stage.folds}
    steps: Steps = [
        ("again", {"stage": place.index - 1}),
        ("train_folds", train),
        ("predict", {"models": "folds"}),
        ("offer", {"kind": TaskKind.SELECTION, "role": stage.readers, "with_truth": True}),
        ("review", {}),
    ]
    return Plan(stage.name, place.index, stage.kind, steps)


def evaluation(stage: EvaluationStage, place: Place) -> Plan | None:
    """A batch after the other until ``total`` is settled, no film is left or nearly all are accepted."""
    own, settled = place.own, place.films()
    if not place.count(ImageState.WAITING) or (own and settled >= stage.total):
        return None
    if own and stage.stop_accept_rate is not None:
        low = accept_rate(own[-1])["low"]
        if low is not None and low > stage.stop_accept_rate:
            return None
    steps: Steps = [
        ("choose", {"count": min(stage.batch_size, stage.total - settled)}),
        ("predict", {"models": "main"}),
        ("offer", {"kind": TaskKind.VERDICT}),
        ("review", {"replace": True}),
        ("train", {"networks": "main", "data": "all", "purpose": "retrained", "adopt": True}),
    ]
    return Plan(f"{stage.name}.{1 + len(own)}", place.index, stage.kind, steps)


def _choice(stage: SelectionStage | RepeatedSelectionStage, state: str, data: str) -> Steps:
    return [
        ("train", {"networks": _names(stage.networks), "data": data, "purpose": "candidate"}),
        ("take", {"state": state}),
        ("predict", {"models": "candidates"}),
        ("offer", {"kind": TaskKind.SELECTION, "role": stage.choosers}),
        ("review", {}),
        ("elect", {}),
        ("train", {"networks": "elected", "data": "all", "purpose": "most_picked", "adopt": True}),
    ]


def selection(stage: SelectionStage, place: Place) -> Plan | None:
    """One blind choice on all films that wait; what is denied is judged as in stage II."""
    if not place.own:
        if not place.count(ImageState.WAITING):
            return None
        steps = _choice(stage, ImageState.WAITING, "all" if stage.include_seeds else "pool")
        return Plan(stage.name, place.index, stage.kind, steps)
    if place.own[-1].kind != stage.kind or not place.count(ImageState.DENIED):
        return None
    steps = [
        ("take", {"state": ImageState.DENIED}),
        ("predict", {"models": "main"}),
        ("offer", {"kind": TaskKind.VERDICT}),
        ("review", {}),
    ]
    return Plan(f"{stage.name}.denied", place.index, EvaluationStage.kind, steps)


def repeated_selection(stage: RepeatedSelectionStage, place: Place) -> Plan | None:
    """Blind choices, first on all films that wait, then on what was denied, until few enough are; these are drawn.

    A round in which nothing was picked ends them too: the next networks would learn from the same films again.
    """
    chosen = [round_ for round_ in place.own if round_.kind == stage.kind]
    name = f"{stage.name}.{1 + len(chosen)}"
    if not chosen:
        if not place.count(ImageState.WAITING):
            return None
        return Plan(name, place.index, stage.kind, _choice(stage, ImageState.WAITING, "pool"))
    denied = place.count(ImageState.DENIED)
    satisfied = denied <= stage.satisfied_below * place.films()
    hopeless = not chosen[-1].steps.get(kind="elect").outcome["picks"]
    if place.own[-1].kind != stage.kind or satisfied or hopeless or len(chosen) >= stage.most_rounds:
        return _draw_denied(stage, place)
    return Plan(name, place.index, stage.kind, _choice(stage, ImageState.DENIED, "pool"))


def _draw_denied(stage: OutOfFoldStage | RepeatedSelectionStage, place: Place) -> Plan | None:
    """What nobody found good is drawn, by the same people."""
    if place.own[-1].kind != stage.kind or not place.count(ImageState.DENIED):
        return None
    steps: Steps = [
        ("take", {"state": ImageState.DENIED}),
        ("offer", {"kind": TaskKind.CORRECTION, "role": stage.readers}),
        ("review", {}),
    ]
    return Plan(f"{stage.name}.denied", place.index, DrawingStage.kind, steps)


def verification(stage: VerificationStage, place: Place) -> Plan | None:
    """One round: a drawn share is verified, and the rest of the strata that have too many faults."""
    if place.own:
        return None
    steps: Steps = [("draw", {}), ("offer", {"kind": TaskKind.VERIFICATION}), ("review", {}), ("estimate", {})]
    return Plan(stage.name, place.index, stage.kind, steps)


PLANNERS: dict[str, StagePlanner] = {
    InitialTrainingStage.kind: initial_training,
    DrawingStage.kind: drawing,
    OutOfFoldStage.kind: out_of_fold,
    EvaluationStage.kind: evaluation,
    SelectionStage.kind: selection,
    RepeatedSelectionStage.kind: repeated_selection,
    VerificationStage.kind: verification,
}
