"""What a project cost and how its proposals fared, in one."""

from __future__ import annotations

from typing import Any

from annotation.projects.models import Project
from annotation.rounds.selectors.effort import effort_by_batch
from annotation.rounds.selectors.outcomes import main_networks, proposals_by_batch, settled_outcomes
from annotation.rounds.selectors.saving import drawing_time, effort_saved


def project_figures(project: Project, draw_seconds: float | None) -> dict[str, Any]:
    """Effort by batch, what it saved, proposals against final masks, and the main network of each round."""
    effort, outcomes = effort_by_batch(project), settled_outcomes(project)
    return {
        "effort": effort,
        "saving": effort_saved(effort, outcomes, drawing_time(project), draw_seconds),
        "proposals": proposals_by_batch(project, outcomes),
        "main_networks": main_networks(project),
    }
