"""Counting what is rare and leaves no row behind, over all processes and restarts."""

from __future__ import annotations

from django.db.models import F

from annotation.telemetry.models import Tally

LEASES_EXPIRED = "leases_expired"


def tally_add(name: str, count: int) -> None:
    """Add to a count, in the caller's transaction; nothing where ``count`` is 0."""
    if count and not Tally.objects.filter(pk=name).update(count=F("count") + count):
        Tally.objects.get_or_create(pk=name)
        Tally.objects.filter(pk=name).update(count=F("count") + count)


def tally(name: str) -> int:
    """The count; 0 where nothing was ever added."""
    return Tally.objects.filter(pk=name).values_list("count", flat=True).first() or 0
