"""Ids travel with Celery's messages: whatever a task logs or sends carries those of what it was sent for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery.signals import task_postrun, task_prerun

from mlbackend.contracts import TASK_FINISHED
from mlbackend.logs import bind, request_id, sane_request_id

HEADER = "groundwork_request_id"


def headers() -> dict[str, str]:
    """Headers for a message that is sent now."""
    return {HEADER: request_id()} if request_id() else {}


def job_of(task: str, args: Sequence[Any]) -> str:
    """Id of the job that a task is about: a contract's ``job_id``, or what a task that says so is given; else empty."""
    first = args[0] if args else ""
    found = first.get("job_id", "") if isinstance(first, dict) else first if task == TASK_FINISHED else ""
    return found if isinstance(found, str) else ""


def trace_tasks() -> None:
    """Bind the ids of each task that this process runs, from its message."""
    task_prerun.connect(_bind, weak=False, dispatch_uid="groundwork-bind-ids")
    task_postrun.connect(_unbind, weak=False, dispatch_uid="groundwork-unbind-ids")


def _bind(task: Any = None, args: Sequence[Any] | None = None, **kwargs: Any) -> None:
    given = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    bind(request=sane_request_id(given) if given else "", job=job_of(task.name, args or ()))


def _unbind(**kwargs: Any) -> None:
    bind()
