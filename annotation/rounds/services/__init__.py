"""What admins do with a project's rounds."""

from annotation.rounds.services.control import (
    project_pause,
    project_resume,
    project_start,
    round_close_now,
    round_retry,
)

__all__ = ["project_pause", "project_resume", "project_start", "round_close_now", "round_retry"]
