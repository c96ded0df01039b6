"""REST of the queue."""

from annotation.reviews.views.acts import (
    AdjudicationView,
    CorrectionView,
    SelectionView,
    UndoView,
    VerdictView,
    VerificationView,
)
from annotation.reviews.views.agreement import AgreementView
from annotation.reviews.views.queue import NextView, QueueView
from annotation.reviews.views.tasks import HeartbeatView, OpenView, ReleaseView, TaskView

__all__ = [
    "AdjudicationView",
    "AgreementView",
    "CorrectionView",
    "HeartbeatView",
    "NextView",
    "OpenView",
    "QueueView",
    "ReleaseView",
    "SelectionView",
    "TaskView",
    "UndoView",
    "VerdictView",
    "VerificationView",
]
