"""The read side of rounds: progress, effort, what comes next, outcomes, networks, one film's history, jobs."""

from annotation.rounds.selectors.ahead import next_batch
from annotation.rounds.selectors.choices import choices_by_round
from annotation.rounds.selectors.effort import effort_by_batch
from annotation.rounds.selectors.figures import project_figures
from annotation.rounds.selectors.films import films_counts, films_matching, films_page
from annotation.rounds.selectors.history import film_history
from annotation.rounds.selectors.jobs import job_detail, job_get, job_summary, jobs_light
from annotation.rounds.selectors.networks import model_card, models_list, training_curves
from annotation.rounds.selectors.outcomes import main_networks, proposals_by_batch, settled_outcomes
from annotation.rounds.selectors.overview import projects_overview
from annotation.rounds.selectors.progress import project_progress
from annotation.rounds.selectors.readiness import readiness
from annotation.rounds.selectors.rounds import round_detail, round_get, rounds_list
from annotation.rounds.selectors.saving import effort_saved

__all__ = [
    "choices_by_round",
    "effort_by_batch",
    "effort_saved",
    "film_history",
    "films_counts",
    "films_matching",
    "films_page",
    "job_detail",
    "job_get",
    "job_summary",
    "jobs_light",
    "main_networks",
    "model_card",
    "models_list",
    "next_batch",
    "project_figures",
    "project_progress",
    "projects_overview",
    "proposals_by_batch",
    "readiness",
    "round_detail",
    "round_get",
    "rounds_list",
    "settled_outcomes",
    "training_curves",
]
