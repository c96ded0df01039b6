"""Append-only in the database itself: triggers that refuse UPDATE and DELETE, on PostgreSQL and on SQLite."""

from __future__ import annotations

from typing import Any

from django.db import migrations
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

    def forward(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for name in models:
            _install(apps.get_model(app_label, name)._meta.db_table, editor)

    def backward(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for name in models:
            _remove(apps.get_model(app_label, name)._meta.db_table, editor)

    return migrations.RunPython(forward, backward)
