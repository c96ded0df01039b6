"""The platform worker's clock, which goes on where the machine's is set back."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import PersistentScheduler
from celery.utils.time import maybe_make_aware

_log = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """Celery's own waits until the clock is again where it stood: an hour set back would be an hour without a sweep."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """One turn of the scheduler; seconds until the next one is wanted."""
        for entry in self.schedule.values():
            now = maybe_make_aware(entry.default_now())
            if entry.last_run_at is not None and maybe_make_aware(entry.last_run_at) > now:
                _log.warning("the clock was set back; %s counts from now", entry.name)
                entry.last_run_at = now
                # Made anew by the next line, from what was just said.
                self._heap = None
        return super().tick(*args, **kwargs)
