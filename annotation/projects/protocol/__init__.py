"""Protocols as data: a frozen tree of stages with their parameters. The engine knows stages' kinds, not papers."""

from annotation.projects.protocol.catalogue import catalogue, get_protocol, target_of
from annotation.projects.protocol.rules import ProtocolError, Rule, rules_of
from annotation.projects.protocol.schema import Protocol
from annotation.projects.protocol.stages import (
    ANNOTATOR,
    PHYSICIAN,
    ChoiceStage,
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    RepeatedSelectionStage,
    ReviewStage,
    SelectionStage,
    Stage,
    VerificationStage,
    validation_count,
)
from annotation.projects.protocol.training import Network, Training

__all__ = [
    "ANNOTATOR",
    "PHYSICIAN",
    "ChoiceStage",
    "DrawingStage",
    "EvaluationStage",
    "InitialTrainingStage",
    "Network",
    "OutOfFoldStage",
    "Protocol",
    "ProtocolError",
    "RepeatedSelectionStage",
    "ReviewStage",
    "Rule",
    "SelectionStage",
    "Stage",
    "Training",
    "VerificationStage",
    "catalogue",
    "get_protocol",
    "rules_of",
    "target_of",
    "validation_count",
]
