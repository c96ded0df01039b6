"""A built world: a folder with storage and settings, and a database of its own on the PostgreSQL server."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from tests.support.compose import NEEDED

SLUG = "scale"
SEED_SHARE, STAGE_II_SHARE = 704 / 33_920, 3000 / 33_920
"""The paper's seeds and stage II films, of the films of its pool."""
REVIEWERS, PHYSICIANS = 50, 4


@dataclass(frozen=True)
class World:
    """Where the world of so many pool films lies."""

    folder: Path
    films: int
    server: str
    """URL of a database on which others may be made."""

    @property
    def seeds(self) -> int:
        """Films that come with their masks."""
        return max(24, round(SEED_SHARE * self.films))

    @property
    def stage_two(self) -> int:
        """Films that are settled before the blind choice."""
        return max(12, round(STAGE_II_SHARE * self.films))

    @property
    def place(self) -> Path:
        """The world's own folder."""
        return self.folder / str(self.films)

    @property
    def bases(self) -> Path:
        """Drawn chests, shared by all worlds of the folder."""
        return self.folder / "bases"

    @property
    def database(self) -> str:
        """Name of its database, kept in the folder: another folder has another one."""
        path = self.place / "database"
        if not path.exists():
            self.place.mkdir(parents=True, exist_ok=True)
            path.write_text(f"groundwork_scale_{self.films}_{uuid.uuid4().hex[:8]}")
        return path.read_text()

    def url(self, database: str = "") -> str:
        """URL of its database, or of another one on the same server."""
        return urlparse(self.server)._replace(path=f"/{database or self.database}").geturl()

    def environment(self, database: str = "") -> dict[str, str]:
        """What every process of the world has in its environment."""
        (self.place / "data").mkdir(parents=True, exist_ok=True)
        return {
            "DATABASE_URL": self.url(database),
            "STORAGE_URL": f"file://{self.place}/storage",
            "CELERY_BROKER_URL": f"filesystem://{self.place}/broker",
            "GROUNDWORK_DATA_DIR": str(self.place / "data"),
            "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
            "OMP_NUM_THREADS": "1",
            # Those of the processes that are measured, which have the compose file's environment.
            **{name: NEEDED[name] for name in ("SECRET_KEY", "PSEUDONYM_KEYS")},
        }

    def enter(self, database: str = "") -> None:
        """Make this process one of the world's, with Django set up. Once a process."""
        os.environ.update(self.environment(database))
        import django

        django.setup()

    def notes(self) -> dict[str, Any]:
        """What was measured while it was built."""
        path = self.place / "notes.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def note(self, **figures: Any) -> None:
        """Keep figures; those of the same name are replaced."""
        part = self.place / ".notes.json"
        part.write_text(json.dumps({**self.notes(), **figures}, indent=1))
        part.replace(self.place / "notes.json")


@contextlib.contextmanager
def admin_cursor(server: str) -> Iterator[Any]:
    """A cursor outside transactions, as databases are made and dropped."""
    import psycopg2

    with contextlib.closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def database_make(world: World) -> None:
    """Make its database where there is none."""
    from psycopg2 import sql

    with admin_cursor(world.server) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [world.database])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(world.database)))


def database_drop(server: str, name: str) -> None:
    """Drop a database with whoever is in it."""
    from psycopg2 import sql

    with admin_cursor(server) as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def copied(world: World) -> Iterator[str]:
    """Name of a copy of its database, dropped at the end: what is measured leaves the built one as it is."""
    from psycopg2 import sql

    name = f"{world.database}_run"
    database_drop(world.server, name)
    with admin_cursor(world.server) as cursor:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        cursor.execute(make.format(sql.Identifier(name), sql.Identifier(world.database)))
    try:
        yield name
    finally:
        database_drop(world.server, name)
