"""Protocols as data: a frozen tree of stages with their parameters. The engine knows stages' kinds, not papers."""

from annotation.projects.protocol.catalogue import PROTOCOLS, get_protocol
from annotation.projects.protocol.schema import (
    EvaluationStage,
    InitialTrainingStage,
    Network,
    Protocol,
    ProtocolError,
    SelectionStage,
    Stage,
    Training,
    VerificationStage,
)

__all__ = [
    "PROTOCOLS",
    "EvaluationStage",
    "InitialTrainingStage",
    "Network",
    "Protocol",
    "ProtocolError",
    "SelectionStage",
    "Stage",
    "Training",
    "VerificationStage",
    "get_protocol",
]
