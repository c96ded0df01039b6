"""Append-only in the database itself: triggers that refuse UPDATE and DELETE, on PostgreSQL and on SQLite.

PostgreSQL's TRUNCATE, which fires no trigger of rows, is refused by a trigger of its own on the same tables;
``refuse_truncate`` gives it to all of them after every migration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION groundwork_append_only() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END;
$$ LANGUAGE plpgsql;
"""


def _install(table: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRES_FUNCTION, params=None)
        editor.execute(
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION groundwork_append_only();"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(
            f'CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"
        )


def _remove(table: str, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f'DROP TRIGGER IF EXISTS {table}_append_only ON "{table}";')
        return
    for verb in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb};")


def append_only(app_label: str, *models: str) -> migrations.RunPython:
    """A migration operation that makes the models' tables append-only."""
    return migrations.RunPython(_each(_install, app_label, models), _each(_remove, app_label, models))


def append_only_lifted(app_label: str, *models: str) -> migrations.RunPython:
    """The opposite, before a change of the tables; ``append_only`` follows it. SQLite makes a changed table anew, and
    its triggers would be lost without a word.
    """
    return migrations.RunPython(_each(_remove, app_label, models), _each(_install, app_label, models))


def _each(
    change: Callable[[str, BaseDatabaseSchemaEditor], None], app_label: str, models: Sequence[str]
) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for name in models:
            change(apps.get_model(app_label, name)._meta.db_table, editor)

    return run


WITHOUT_TRUNCATE = """
SELECT held.relname FROM pg_trigger AS rows
JOIN pg_class AS held ON held.oid = rows.tgrelid
JOIN pg_namespace AS space ON space.oid = held.relnamespace AND space.nspname = ANY (current_schemas(false))
WHERE rows.tgname = held.relname || '_append_only' AND NOT EXISTS (
    SELECT 1 FROM pg_trigger AS whole WHERE whole.tgrelid = held.oid AND whole.tgname = held.relname || '_no_truncate'
)
"""


def refuse_truncate(using: str = "default", **_: Any) -> None:
    """After a migration: every append-only table of PostgreSQL that TRUNCATE could still empty can be so no more."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_TRUNCATE)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION groundwork_append_only()"
            )
