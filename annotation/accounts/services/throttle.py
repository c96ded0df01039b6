"""Whoever guesses waits, ever longer; counted in the database, so that all web processes know of it.

An attempt is counted before it is judged and given back where it was right: many at once find the counter full. What is
counted, and what keeps a stranger from locking a colleague out, is told in docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import FailedAttempts, digest_of
from annotation.common.errors import DomainError

FORGOTTEN_AFTER = timedelta(hours=1)
"""A failure counts no more when none has followed for so long."""


@dataclass(frozen=True)
class Limit:
    """How many failures are free, and how long the waits after them are: the first, doubled each time, at most so."""

    kind: str
    free: int
    longest: timedelta = timedelta(minutes=15)
    first: timedelta = timedelta(seconds=30)
    reset: bool = True
    """Whether a success forgets all failures; else it takes back its own only."""

    def wait_after(self, failures: int) -> timedelta:
        """How long the next attempt waits."""
        if failures < self.free:
            return timedelta(0)
        return min(self.longest, self.first * 2 ** min(failures - self.free, 20))


NAME_AND_ADDRESS = Limit("name_and_address", free=5)
NAME = Limit("name", free=50, longest=timedelta(minutes=1))
# A success for one account must not wash away what the same address did to others.
ADDRESS = Limit("address", free=100, reset=False)
BROWSER = Limit("browser", free=10)
CODE = Limit("code", free=5)
OWN_PASSWORD = Limit("own_password", free=5)

Counted = tuple[Limit, str]


class TooManyAttemptsError(DomainError):
    """Too many failures; says when to try again, in words and in the header ``Retry-After``."""

    status = 429
    code = "too_many_attempts"

    def __init__(self, until: datetime, now: datetime) -> None:
        seconds = max(1, round((until - now).total_seconds() + 0.5))
        words = f"{seconds} seconds" if seconds < 120 else f"{round(seconds / 60 + 0.5)} minutes"
        super().__init__("too many failed attempts", remedy=f"try again in {words}", retry_after_seconds=seconds)
        self.headers = {"Retry-After": str(seconds)}


def _rows(counted: Sequence[Counted]) -> dict[str, Limit]:
    return {digest_of(f"{limit.kind}\0{value}"): limit for limit, value in counted}


def attempt_begin(counted: Sequence[Counted]) -> None:
    """Count an attempt as failed until ``attempt_succeeded``. Raises TooManyAttemptsError, and then counts nothing."""
    now = timezone.now()
    limits = _rows(counted)
    with transaction.atomic():
        FailedAttempts.objects.bulk_create(
            [FailedAttempts(digest=digest, kind=limit.kind, last_at=now) for digest, limit in sorted(limits.items())],
            ignore_conflicts=True,
        )
        rows = FailedAttempts.objects.select_for_update(no_key=True).filter(digest__in=limits).order_by("digest")
        found = list(rows)
        waits = [row.waits_until for row in found if row.waits_until is not None and row.waits_until > now]
        if waits:
            raise TooManyAttemptsError(max(waits), now)
        for row in found:
            row.failures = 1 if now - row.last_at > FORGOTTEN_AFTER else row.failures + 1
            wait = limits[row.digest].wait_after(row.failures)
            row.last_at, row.waits_until = now, now + wait if wait else None
            row.save(update_fields=["failures", "last_at", "waits_until"])


def attempt_succeeded(counted: Sequence[Counted]) -> None:
    """What ``attempt_begin`` counted was no failure."""
    limits = _rows(counted)
    with transaction.atomic():
        # Locked in the order of attempt_begin, so that two who sign in at once never wait for each other.
        rows = FailedAttempts.objects.select_for_update(no_key=True).filter(digest__in=limits).order_by("digest")
        for row in list(rows):
            if limits[row.digest].reset:
                row.delete()
                continue
            row.failures = max(0, row.failures - 1)
            if row.failures < limits[row.digest].free:
                row.waits_until = None
            row.save(update_fields=["failures", "waits_until"])


def attempts_forget() -> int:
    """Delete what counts no more; returns how many rows."""
    old = FailedAttempts.objects.filter(last_at__lt=timezone.now() - FORGOTTEN_AFTER)
    with transaction.atomic():
        # What an attempt holds just now is no longer old.
        free = list(old.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
        return FailedAttempts.objects.filter(pk__in=free).delete()[0]
