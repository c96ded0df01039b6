"""A task's state: every change of it goes through here."""

from __future__ import annotations

from annotation.common.errors import InvalidTransition
from annotation.reviews.models import ALLOWED, ReviewTask, TaskState
from annotation.reviews.services.leases import lease_clear

MOVED = (
    "state", "done_by", "settled_at", "set_aside_by", "lease_holder", "lease_token", "lease_expires_at", "opened_at",
)  # fmt: skip
"""Fields that a move may change; the caller, who has locked the row, saves them."""


def task_move(task: ReviewTask, state: str) -> None:
    """Move a task in memory: its lease ends, and what belonged to the state that it leaves goes. InvalidTransition."""
    if state not in ALLOWED[task.state]:
        raise InvalidTransition(
            f"the {task.kind} is {task.get_state_display()} and cannot become {TaskState(state).label}",
            remedy="reload the page",
        )
    lease_clear(task)
    task.state = state
    task.done_by = task.settled_at = task.set_aside_by = None
