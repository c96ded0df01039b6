"""Counts of what leaves no row behind."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """How often something has happened since the installation began."""

    name = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.count}"
