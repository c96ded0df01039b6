"""The numbers of a run, as parameters of its protocol's stages, by their kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from annotation.common.errors import InvalidInput
from annotation.projects.protocol import (
    ChoiceStage,
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    Protocol,
    RepeatedSelectionStage,
    SelectionStage,
    Stage,
    VerificationStage,
    get_protocol,
)

if TYPE_CHECKING:
    from annotation.simulation.settings import Settings

NOW = {"undo_grace_seconds": 0.0}


def stage_overrides(settings: Settings) -> dict[str, dict[str, Any]]:
    """Overrides by the stages' names, as ``get_protocol`` takes them."""
    stages = get_protocol(settings.protocol).stages
    return {stage.name: _OF_KIND[type(stage)](settings, stage) for stage in stages}


def stage_defaults(protocol: Protocol, options: dict[str, Any]) -> dict[str, Any]:
    """The options; those of the stages that were not given stand at the protocol's own numbers."""
    found = dict(options)
    for option, (kind, name) in _OWN.items():
        if found[option] is None:
            found[option] = getattr(next((one for one in protocol.stages if isinstance(one, kind)), kind), name)
    return found


def stage_deviations(settings: Settings) -> list[str]:
    """Where the run's stages have other numbers than the protocol's page, in words."""
    own = {stage.name: stage for stage in get_protocol(settings.protocol).stages}
    found = []
    for stage in settings.build_protocol().stages:
        for one in fields(stage):
            value, standard = getattr(stage, one.name), getattr(own[stage.name], one.name)
            if value == standard or one.name == "undo_grace_seconds":
                continue
            if one.name == "networks":
                value, standard = f"the first {len(value)}", len(standard)
            found.append(f"stage {stage.name}: {one.name.replace('_', ' ')} {value} instead of {standard}")
    return found


def _initial(settings: Settings, stage: InitialTrainingStage) -> dict[str, Any]:
    return {"minimum_seeds": min(stage.minimum_seeds, settings.seed_count)}


def _drawing(settings: Settings, stage: DrawingStage) -> dict[str, Any]:
    return {"total": settings.drawings.draw_count, **NOW}


def _evaluation(settings: Settings, stage: EvaluationStage) -> dict[str, Any]:
    checks = settings.checks
    return {
        "batch_size": settings.batch_size, "total": settings.batch_size * settings.batches, **NOW,
        "replicas": 2 if checks.double_read_fraction else stage.replicas,
        "double_read_fraction": checks.double_read_fraction,
        "double_correct_fraction": checks.double_correct_fraction,
    }  # fmt: skip


def _repeats(settings: Settings) -> dict[str, Any]:
    return {"repeat_fraction": settings.checks.repeat_fraction, "repeat_gap": settings.checks.repeat_gap, **NOW}


def _choice(settings: Settings, stage: ChoiceStage) -> dict[str, Any]:
    limit = len(stage.networks)
    count = settings.candidates or limit
    if not 2 <= count <= limit:
        raise InvalidInput(
            f"--candidates is {count}", field="--candidates", value=count, remedy=f"use a number from 2 to {limit}"
        )
    return {"networks": [asdict(network) for network in stage.networks[:count]], **_repeats(settings)}


def _out_of_fold(settings: Settings, stage: OutOfFoldStage) -> dict[str, Any]:
    return {"folds": settings.drawings.folds, **_repeats(settings)}


def _repeated(settings: Settings, stage: RepeatedSelectionStage) -> dict[str, Any]:
    drawings = settings.drawings
    rounds = {"satisfied_below": drawings.satisfied_below, "most_rounds": drawings.most_rounds}
    return {**_choice(settings, stage), **rounds}


def _verification(settings: Settings, stage: VerificationStage) -> dict[str, Any]:
    return {"fraction": settings.verify_fraction, **NOW}


_OWN: dict[str, tuple[type[Stage], str]] = {
    "verify_fraction": (VerificationStage, "fraction"),
    "folds": (OutOfFoldStage, "folds"),
    "satisfied_below": (RepeatedSelectionStage, "satisfied_below"),
    "most_rounds": (RepeatedSelectionStage, "most_rounds"),
}
"""Options that are the protocol's own numbers unless they are given: the kind of stage and its parameter."""

_OF_KIND: dict[type, Callable[[Settings, Any], dict[str, Any]]] = {
    InitialTrainingStage: _initial,
    DrawingStage: _drawing,
    OutOfFoldStage: _out_of_fold,
    EvaluationStage: _evaluation,
    SelectionStage: _choice,
    RepeatedSelectionStage: _repeated,
    VerificationStage: _verification,
}
