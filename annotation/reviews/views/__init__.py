"""REST of the queue."""

from annotation.reviews.views.acts import (
    AdjudicationView,
    CorrectionView,
    ReportView,
    SelectionView,
    UndoView,
    VerdictView,
    VerificationView,
)
from annotation.reviews.views.agreement import AgreementView
from annotation.reviews.views.queue import NextView, QueueView
from annotation.reviews.views.set_aside import FilmExcludeView, PutBackView, SetAsideView
from annotation.reviews.views.tasks import HeartbeatView, OpenView, ReleaseView, TaskView

__all__ = [
    "AdjudicationView",
    "AgreementView",
    "CorrectionView",
    "FilmExcludeView",
    "HeartbeatView",
    "NextView",
    "OpenView",
    "PutBackView",
    "QueueView",
    "ReleaseView",
    "ReportView",
    "SelectionView",
    "SetAsideView",
    "TaskView",
    "UndoView",
    "VerdictView",
    "VerificationView",
]
