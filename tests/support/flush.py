"""Emptying the database between transactional tests although append-only tables refuse it."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations
from django.db.backends.sqlite3.base import DatabaseOperations

_execute = DatabaseOperations.execute_sql_flush
_truncate = PostgresOperations.execute_sql_flush


def _execute_without_triggers(self: Any, sql_list: list[str]) -> None:
    """Take the triggers away, flush, put the same triggers back, all in the flush's one transaction."""
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    _execute(self, [*drops, *sql_list, *(sql for _, sql in triggers)])


def _truncate_without_triggers(self: Any, sql_list: list[str]) -> None:
    """The same on PostgreSQL, where TRUNCATE fires triggers of statements alone."""
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%_no_truncate'")
        triggers = cursor.fetchall()
    off, on = (
        [f"ALTER TABLE {table} {verb} TRIGGER {name}" for table, name in triggers] for verb in ("DISABLE", "ENABLE")
    )
    _truncate(self, [*off, *sql_list, *on])


def let_flush_empty_append_only_tables() -> None:
    """Called once by the tests' conftest."""
    DatabaseOperations.execute_sql_flush = _execute_without_triggers  # type: ignore[method-assign]
    PostgresOperations.execute_sql_flush = _truncate_without_triggers  # type: ignore[method-assign]
