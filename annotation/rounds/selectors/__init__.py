"""The read side of rounds: progress, effort, networks, one film's history, jobs."""

from annotation.rounds.selectors.effort import effort_by_batch
from annotation.rounds.selectors.history import film_history
from annotation.rounds.selectors.jobs import job_detail, job_get, job_summary, network_names
from annotation.rounds.selectors.networks import model_card, models_list
from annotation.rounds.selectors.progress import project_progress
from annotation.rounds.selectors.rounds import round_detail, round_get, rounds_list

__all__ = [
    "effort_by_batch",
    "film_history",
    "job_detail",
    "job_get",
    "job_summary",
    "model_card",
    "models_list",
    "network_names",
    "project_progress",
    "round_detail",
    "round_get",
    "rounds_list",
]
