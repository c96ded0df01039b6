"""The numbers of a run, as parameters of its protocol's stages, by their kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from annotation.common.errors import InvalidInput
from annotation.projects.protocol import (
    ChoiceStage,
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    RepeatedSelectionStage,
    SelectionStage,
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


_OF_KIND: dict[type, Callable[[Settings, Any], dict[str, Any]]] = {
    InitialTrainingStage: _initial,
    DrawingStage: _drawing,
    OutOfFoldStage: _out_of_fold,
    EvaluationStage: _evaluation,
    SelectionStage: _choice,
    RepeatedSelectionStage: _repeated,
    VerificationStage: _verification,
}
