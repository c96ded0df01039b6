"""REST of rounds, networks and jobs."""

from annotation.rounds.views.control import PauseView, ResumeView, RoundCloseView, RoundRetryView, StartView
from annotation.rounds.views.jobs import JobCancelView, JobRetryView, JobsView, JobView
from annotation.rounds.views.progress import FilmHistoryView, ModelsView, ModelView, ProgressView
from annotation.rounds.views.rounds import RoundFilmsView, RoundsView, RoundView

__all__ = [
    "FilmHistoryView",
    "JobCancelView",
    "JobRetryView",
    "JobView",
    "JobsView",
    "ModelView",
    "ModelsView",
    "PauseView",
    "ProgressView",
    "ResumeView",
    "RoundCloseView",
    "RoundFilmsView",
    "RoundRetryView",
    "RoundView",
    "RoundsView",
    "StartView",
]
