"""Fixtures of the queue's tests."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.annotation.reviews.world import World


@pytest.fixture
def world(db: None) -> World:
    """A running project with an open batch, people and no tasks."""
    cache.clear()
    return World()
