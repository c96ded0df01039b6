"""Celery tasks of accounts."""

from __future__ import annotations

from celery import shared_task

from annotation.accounts.services.sessions import sessions_forget
from annotation.accounts.services.throttle import attempts_forget

TASK_FORGET = "platform.forget_sign_ins"


@shared_task(name=TASK_FORGET, ignore_result=True)
def forget() -> None:
    """Precondition: none. End state: ended sessions and failures that count no more are deleted."""
    sessions_forget()
    attempts_forget()
