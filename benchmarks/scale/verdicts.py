"""Blind choices made into verdicts, on a copy: a round as Label Studio's was measured, with one mask to judge."""

from __future__ import annotations

from typing import Any

TAKEN = 6000
"""Choices that become verdicts: more than are worked off while anybody measures."""

_STATEMENTS = (
    "CREATE TEMP TABLE taken AS SELECT id FROM reviews_reviewtask "
    "WHERE kind = 'selection' AND state = 'open' AND repeat_of_id IS NULL AND lease_holder_id IS NULL "
    'ORDER BY "order", id LIMIT %(taken)s',
    "UPDATE reviews_reviewtask task SET kind = 'verdict', proposal_id = pane.mask_id FROM reviews_taskcandidate pane "
    "WHERE pane.task_id = task.id AND pane.position = 0 AND task.id IN (SELECT id FROM taken)",
    "DELETE FROM reviews_taskcandidate WHERE task_id IN (SELECT id FROM taken)",
    # What is left of the choices would be given out with them.
    "UPDATE reviews_reviewtask SET state = 'cancelled' WHERE kind = 'selection' AND state = 'open'",
    "ANALYZE reviews_reviewtask",
)


def make_verdicts(url: str) -> int:
    """Make the queue of a world's copy one of verdicts on the first candidate; returns how many there are."""
    import contextlib

    import psycopg2

    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, {"taken": TAKEN})
        cursor.execute("SELECT count(*) FROM reviews_reviewtask WHERE kind = 'verdict' AND state = 'open'")
        row: Any = cursor.fetchone()
        return int(row[0])
