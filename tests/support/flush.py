"""Emptying the database between transactional tests although append-only tables refuse DELETE on SQLite."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

_execute = DatabaseOperations.execute_sql_flush


def _execute_without_triggers(self: Any, sql_list: list[str]) -> None:
    """Take the triggers away, flush, put the same triggers back, all in the flush's one transaction.

    PostgreSQL needs none of this: TRUNCATE fires no row trigger.
    """
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    _execute(self, [*drops, *sql_list, *(sql for _, sql in triggers)])


def let_flush_empty_append_only_tables() -> None:
    """Called once by the tests' conftest."""
    DatabaseOperations.execute_sql_flush = _execute_without_triggers  # type: ignore[method-assign]
