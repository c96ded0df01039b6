"""Celery tasks of the engine."""

from __future__ import annotations

from celery import shared_task

from annotation.rounds.engine import advance

TASK_ADVANCE = "platform.advance"


@shared_task(name=TASK_ADVANCE, ignore_result=True)
def advance_project(project_id: str) -> None:
    """Precondition: none. End state: the project stands where it cannot move without a job, a person or time."""
    advance(project_id)
