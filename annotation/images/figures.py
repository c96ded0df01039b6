"""Figures over all films of a large project: worked out now and then, whoever asks; in a small one always anew."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache

from annotation.images.models import ProjectImage
from annotation.projects.models import Project

LARGE = 5_000
"""Films beyond which figures may be of an earlier moment. By number, not by time taken: a small project's page says
what is so now, on a slow machine too."""
REST = 20.0
"""Times as long as a figure took to work out, it is shown again: all who look together cost a twentieth of a core."""
LONGEST = 300.0
"""Seconds that no figure outlives."""

Figure = TypeVar("Figure")
_LOCKS = [threading.RLock() for _ in range(64)]
"""Shared by figures, as names may hold any filter: two that meet wait for each other, and no more."""


def is_large(project: Project) -> bool:
    """Whether the project has more than ``LARGE`` films."""
    return ProjectImage.objects.filter(project=project).order_by().values("pk")[LARGE : LARGE + 1].exists()


def figure(project: Project, name: str, work: Callable[[], Figure]) -> Figure:
    """What ``work`` gives; of a large project what it gave a while ago, which is at most ``LONGEST`` seconds.

    ``name`` tells everything that the figure depends on beside the project: filters, and what its reader may know.
    Where several ask at once, one works and the others get his figure, or the one before it.
    """
    if not is_large(project):
        return work()
    name_hash = hashlib.sha256(name.encode()).hexdigest()
    key = f"figure:{project.pk}:{name_hash}"
    known = _fresh(key)
    if known is None:
        lock = _LOCKS[int(name_hash[:8], 16) % len(_LOCKS)]
        # Who finds another at work takes what was shown last; only where nothing was, he waits for it.
        stale: tuple[Any, float, float] | None = cache.get(key)
        if not lock.acquire(blocking=stale is None):
            return cast(Figure, cast(tuple[Any, float, float], stale)[0])
        try:
            known = _fresh(key) or _worked(key, work)
        finally:
            lock.release()
    return cast(Figure, known[0])


def _fresh(key: str) -> tuple[Any, float, float] | None:
    """The figure, when it was worked out, and how long that took; None where it is due again."""
    known: tuple[Any, float, float] | None = cache.get(key)
    return known if known is not None and time.time() < known[1] + min(REST * known[2], LONGEST) else None


def _worked(key: str, work: Callable[[], Any]) -> tuple[Any, float, float]:
    begun = time.perf_counter()
    value = work()
    known = (value, time.time(), time.perf_counter() - begun)
    cache.set(key, known, LONGEST * 2)
    return known
