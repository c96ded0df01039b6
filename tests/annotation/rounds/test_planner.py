"""The database knows how many tasks there are as soon as they are offered."""

from __future__ import annotations

import pytest
from django.db import connection

from annotation.reviews.models import ReviewTask
from tests.annotation.rounds.world import World

pytestmark = pytest.mark.django_db


def test_offered_tasks_are_counted_for_the_planner_at_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps no such figures unless it is asked")
    World().start()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = %s", [ReviewTask._meta.db_table])
        assert cursor.fetchone()[0] > 0
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [ReviewTask._meta.db_table])
        assert cursor.fetchone()[0] == ReviewTask.objects.count()
