"""The queue and what people did with it."""

from annotation.reviews.models.acts import (
    ACT_MODELS,
    Act,
    Adjudication,
    AdjudicationDecision,
    Edit,
    Selection,
    SelectionDecision,
    Verdict,
    VerdictDecision,
    Verification,
    VerificationDecision,
)
from annotation.reviews.models.queue import (
    BatchState,
    ReviewBatch,
    ReviewTask,
    TaskCandidate,
    TaskKind,
    TaskState,
)

__all__ = [
    "ACT_MODELS",
    "Act",
    "Adjudication",
    "AdjudicationDecision",
    "BatchState",
    "Edit",
    "ReviewBatch",
    "ReviewTask",
    "Selection",
    "SelectionDecision",
    "TaskCandidate",
    "TaskKind",
    "TaskState",
    "Verdict",
    "VerdictDecision",
    "Verification",
    "VerificationDecision",
]
