"""Rounds and their steps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from annotation.accounts.models import User
from annotation.common.errors import Missing
from annotation.jobs.line import Line
from annotation.projects.models import Project
from annotation.projects.permissions import can_research, visible_projects
from annotation.rounds.models import Round, RoundStep
from annotation.rounds.selectors.jobs import job_summary, jobs_light

OPEN_OUTCOMES = frozenset({"estimate", "draw"})
"""Steps whose outcome reviewers may see too: it names no network."""

JOBS = Prefetch("steps__jobs", queryset=jobs_light())


def rounds_list(project: Project, *, research: bool) -> list[dict[str, Any]]:
    """All rounds in order, each with its steps."""
    rounds = Round.objects.filter(project=project).order_by("number").prefetch_related(JOBS)
    line = Line()
    return [round_summary(round_, research=research, line=line) for round_ in rounds]


def round_summary(round_: Round, *, research: bool, line: Line | None = None) -> dict[str, Any]:
    """A round; without ``research`` nothing in it names a network or tells a score of one."""
    line = line or Line()
    summary = {
        "id": str(round_.pk),
        "number": round_.number,
        "name": round_.name,
        "stage": round_.stage,
        "kind": round_.kind,
        "state": round_.state,
        "created_at": round_.created_at,
        "closed_at": round_.closed_at,
        "steps": [step_summary(step, research=research, line=line) for step in round_.steps.all()],
    }
    if research:
        summary["main_network"] = str(round_.main_network_id) if round_.main_network_id else None
    return summary


def step_summary(step: RoundStep, *, research: bool, line: Line | None = None) -> dict[str, Any]:
    """A step with the progress of its jobs."""
    line = line or Line()
    shown = research or step.kind in OPEN_OUTCOMES
    return {
        "index": step.index,
        "kind": step.kind,
        "state": step.state,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "error": step.error if research else "",
        "params": step.params if research else {},
        "outcome": step.outcome if shown else {},
        "jobs": [job_summary(job, research=research, line=line) for job in step.jobs.all()],
    }


def round_get(*, user: User, round_id: UUID) -> Round:
    """A round of a project that the user sees; else Missing."""
    round_ = (
        Round.objects.filter(pk=round_id, project__in=visible_projects(user))
        .select_related("project", "batch")
        .prefetch_related(JOBS)
        .first()
    )
    if round_ is None:
        raise Missing("no such round, or none that you may see", field="round", value=str(round_id))
    return round_


def round_detail(round_: Round, *, user: User) -> dict[str, Any]:
    """A round; researchers and admins also see why its films were chosen."""
    research = can_research(user, round_.project)
    detail = round_summary(round_, research=research)
    detail["films"] = round_.films.count()
    if research:
        detail |= {"explanation": round_.explanation, "summary": round_.summary}
    return detail
