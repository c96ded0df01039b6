"""The schema of the tests' database, migrated once for a whole run of ``tests/run.sh``: each process copies it.

``python -m tests.support.schema`` makes it in the kind of database that DATABASE_URL names and prints a shell line for
``eval``; with ``--drop`` it takes it away. Where nobody has made one, each process migrates a database of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

VARIABLE = "GROUNDWORK_TEST_SCHEMA"
"""Names the schema: a file on SQLite, a database of the same server on PostgreSQL."""


def make_schema() -> str:
    """An empty database with all tables and triggers, which nobody is connected to; returns its name."""
    from django.db import connection

    name = f"test_groundwork_{uuid.uuid4().hex[:12]}_schema"
    if connection.vendor == "sqlite":
        name = str(Path(tempfile.mkdtemp(prefix="groundwork-test-schema-")) / "schema.sqlite3")
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    return name


def drop_schema(name: str) -> None:
    """Take the schema away; nothing happens where it is gone."""
    from django.db import connection

    if connection.vendor == "sqlite":
        shutil.rmtree(Path(name).parent, ignore_errors=True)
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


def copy_schema(config: dict[str, Any]) -> None:
    """Let this process's test database begin as a copy of the schema where one was made. ``config`` is the database's
    settings, with the name of the test database in them."""
    schema = os.environ.get(VARIABLE)
    if not schema:
        return
    config["TEST"]["MIGRATE"] = False
    if "sqlite3" not in config["ENGINE"]:
        config["TEST"]["TEMPLATE"] = schema
        return
    from django.db import connection

    creation = connection.creation
    make_empty = creation._create_test_db

    def make_copy(*args: Any, **kwargs: Any) -> str:
        name: str = make_empty(*args, **kwargs)
        shutil.copyfile(schema, name)
        return name

    creation._create_test_db = make_copy


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation.config.settings.test")
    django.setup()
    if "--drop" in sys.argv:
        drop_schema(os.environ[VARIABLE])
    else:
        print(f"export {VARIABLE}={shlex.quote(make_schema())}")
