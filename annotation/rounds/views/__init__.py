"""REST of rounds, networks and jobs."""

from annotation.rounds.views.control import PauseView, ResumeView, RoundCloseView, RoundRetryView, StartView
from annotation.rounds.views.delete import ProjectDeleteView
from annotation.rounds.views.figures import CurvesView, FiguresView, NextBatchView
from annotation.rounds.views.films import FilmCountsView, FilmHistoryView, FilmRoleView, FilmsView
from annotation.rounds.views.jobs import JobCancelView, JobRetryView, JobsView, JobView
from annotation.rounds.views.progress import ModelsView, ModelView, OverviewView, ProgressView, ReadinessView
from annotation.rounds.views.protocol import ProjectProtocolView, TrainingView
from annotation.rounds.views.rounds import RoundFilmsView, RoundsView, RoundView

__all__ = [
    "CurvesView",
    "FiguresView",
    "FilmCountsView",
    "FilmHistoryView",
    "FilmRoleView",
    "FilmsView",
    "JobCancelView",
    "JobRetryView",
    "JobView",
    "JobsView",
    "ModelView",
    "ModelsView",
    "NextBatchView",
    "OverviewView",
    "PauseView",
    "ProgressView",
    "ProjectDeleteView",
    "ProjectProtocolView",
    "ReadinessView",
    "ResumeView",
    "RoundCloseView",
    "RoundFilmsView",
    "RoundRetryView",
    "RoundView",
    "RoundsView",
    "StartView",
    "TrainingView",
]
