"""Progress messages of a running job, throttled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mlbackend.contracts import Progress

INTERVAL_S = 1.0


class Reporter:
    """Sends ``Progress`` at most once a second, but always when forced."""

    def __init__(self, send: Callable[[Progress], None], job_id: str, attempt: int, worker: str) -> None:
        self._send = send
        self._fixed: dict[str, Any] = {"job_id": job_id, "attempt": attempt, "worker": worker}
        self._last = float("-inf")

    def due(self) -> bool:
        """Whether a second has passed since the last message."""
        return time.monotonic() - self._last >= INTERVAL_S

    def send(self, *, force: bool = False, **fields: Any) -> None:
        """Send a message with the given fields if one is due, or if forced."""
        if force or self.due():
            self._last = time.monotonic()
            self._send(Progress(at=time.time(), **self._fixed, **fields))


class Cancelled(Exception):
    """Somebody asked the job to stop."""
