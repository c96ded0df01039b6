"""What admins do with a project's rounds."""

from annotation.rounds.services.control import (
    project_pause,
    project_resume,
    project_start,
    round_close_now,
    round_retry,
)
from annotation.rounds.services.delete import project_delete
from annotation.rounds.services.training import training_change, training_fixed

__all__ = [
    "project_delete",
    "project_pause",
    "project_resume",
    "project_start",
    "round_close_now",
    "round_retry",
    "training_change",
    "training_fixed",
]
