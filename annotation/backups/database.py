"""The database as one file: by pg_dump and pg_restore on PostgreSQL, by its own backup on SQLite.

Rows are counted as of the very moment of the copy, so that a restore can be told from a part of one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from annotation.common.errors import Conflict, InvalidInput

POSTGRES_FILE, SQLITE_FILE = "database.dump", "database.sqlite3"
NO_FILES = {"idempotency_key", "pseudonym_key"}
"""Columns that end in ``_key`` and hold no storage key."""


@dataclass(frozen=True)
class Moment:
    """The database as it was when it was copied."""

    rows: dict[str, int]
    """How many each table had."""
    references: set[str]
    """Keys of the files that its rows name."""


def database_file() -> str:
    """Name of the copy for the database that is in use."""
    return POSTGRES_FILE if connection.vendor == "postgresql" else SQLITE_FILE


def database_copy(path: Path) -> Moment:
    """Copy the database to a new file as it is at one moment, and look at it at that moment.

    Must not be called in a transaction. Raises Conflict with the program's own words.
    """
    if connection.vendor != "postgresql":
        return _sqlite_copy(path)
    connection.close()
    with _snapshot() as name:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={path}")
        with connection.cursor() as cursor:
            return Moment(_rows(cursor), _references(cursor))


def database_is_empty() -> bool:
    """Whether there is no table."""
    return connection.introspection.table_names() == []


def database_restore(path: Path) -> None:
    """Fill an empty database from a copy, all of it or nothing. Raises Conflict where it is not empty, or in words."""
    if not database_is_empty():
        raise Conflict(
            "the database has tables already", field="DATABASE_URL", remedy="restore into a new, empty database"
        )
    if connection.vendor == "postgresql":
        connection.close()
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             f"--dbname={connection.settings_dict['NAME']}", str(path))  # fmt: skip
        return
    target = Path(connection.settings_dict["NAME"])
    connection.close()
    for leftover in (target, target.with_name(target.name + "-wal"), target.with_name(target.name + "-shm")):
        leftover.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def database_rows() -> dict[str, int]:
    """The rows of each table now."""
    with connection.cursor() as cursor:
        return _rows(cursor)


def _rows(cursor: Any) -> dict[str, int]:
    names = sorted(connection.introspection.table_names())
    return {name: int(_first(cursor, f"SELECT count(*) FROM {_quoted(name)}")[0]) for name in names}  # noqa: S608 - names of our own tables, quoted


def _references(cursor: Any) -> set[str]:
    """Keys of all files that rows name: the columns ``..._key`` of our tables that hold storage keys."""
    found: set[str] = set()
    own = [model._meta for model in apps.get_models() if model.__module__.startswith("annotation.")]
    for table, field in [(meta.db_table, field) for meta in own for field in meta.local_concrete_fields]:
        if field.name.endswith("_key") and field.name not in NO_FILES:
            column = _quoted(field.column or field.name)
            cursor.execute(f"SELECT {column} FROM {_quoted(table)}")  # noqa: S608 - names of our own tables, quoted
            found.update(row[0] for row in cursor.fetchall() if row[0])
    return found


def _first(cursor: Any, query: str) -> Any:
    cursor.execute(query)
    return cursor.fetchone()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@contextlib.contextmanager
def _snapshot() -> Iterator[str]:
    """A transaction that sees one moment, which pg_dump may share by this name."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            yield str(cursor.fetchone()[0])
        finally:
            cursor.execute("ROLLBACK")


def _sqlite_copy(path: Path) -> Moment:
    source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)
    try:
        with contextlib.closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            # One file, without the helper files of its journal.
            copy.execute("PRAGMA journal_mode=DELETE")
            return Moment(_rows(cursor := copy.cursor()), _references(cursor))
    finally:
        source.close()


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise InvalidInput(
            f"{program} is not installed", field="PATH", remedy="install the client programs of PostgreSQL"
        )
    done = subprocess.run([program, *arguments], env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Conflict(f"{program} failed: {done.stderr.strip()[-2000:]}", field="DATABASE_URL")


def _environment() -> dict[str, str]:
    """The connection as PostgreSQL's own variables: an argument would show the password in the list of processes."""
    config: dict[str, Any] = connection.settings_dict
    options = config.get("OPTIONS") or {}
    given = {
        "PGHOST": config["HOST"], "PGPORT": config["PORT"], "PGUSER": config["USER"], "PGPASSWORD": config["PASSWORD"],
        "PGDATABASE": config["NAME"], "PGSSLMODE": options.get("sslmode"), "PGSSLROOTCERT": options.get("sslrootcert"),
    }  # fmt: skip
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}
