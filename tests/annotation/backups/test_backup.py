"""A backup made while people work, and its way back into nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotation.backups.files import files_copy, files_restore
from annotation.backups.services import backup_check, backup_make, backup_restore, keys_known
from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput
from annotation.masks.models import Mask
from tests.factories import MaskFactory
from tests.support.databases import database_url

transactional = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables, of the kind that the test works on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.sqlite3"
        return
    import psycopg2

    name = f"test_groundwork_{uuid.uuid4().hex[:12]}"
    with contextlib.closing(psycopg2.connect(database_url())) as server:
        server.autocommit = True
        server.cursor().execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(database_url())._replace(path=f"/{name}"))
        finally:
            server.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def somebody_working(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Do the work again and again in a thread while the block runs; its results, as they come."""
    done: list[Any] = []
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.is_set():
                done.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def restore(folder: Path, database: str, storage: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": database, "STORAGE_URL": f"file://{storage}"}
    command = [sys.executable, "manage.py", "restore", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def rows_of(database: str, query: str) -> list[tuple[Any, ...]]:
    """What another database holds, read by its own driver."""
    if database.startswith("sqlite"):
        import sqlite3

        with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as other:
            return other.execute(query).fetchall()
    import psycopg2

    with contextlib.closing(psycopg2.connect(database)) as server, server.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@transactional
def test_a_backup_made_while_masks_come_in_is_restored_whole_into_an_empty_database_and_storage(
    tmp_path: Path, empty_database: str, user: Any
) -> None:
    before = {mask.storage_key for mask in MaskFactory.create_batch(3)}
    audit_record("test.done", user, actor=user)
    with somebody_working(MaskFactory) as made:
        while len(made) < 2:
            assert threading.active_count() > 1
        backup = backup_make(tmp_path / "backup")
    assert backup.missing == []
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    done = restore(tmp_path / "backup", empty_database, tmp_path / "restored")
    assert done.returncode == 0, done.stdout + done.stderr
    keys = {row[0] for row in rows_of(empty_database, "SELECT storage_key FROM masks_mask")}
    assert before <= keys
    # What came in after the moment of the copy is not in it, and all that is in it has its file, byte for byte.
    assert len(keys) == backup.rows["masks_mask"] <= Mask.objects.count()
    for key in keys:
        assert (tmp_path / "restored" / key).read_bytes() == blobs().read(key)
    with pytest.raises(Exception, match="append-only"):
        rows_of(empty_database, "UPDATE common_auditevent SET action = 'other'")
    again = restore(tmp_path / "backup", empty_database, tmp_path / "other")
    assert again.returncode == 1
    assert "tables already" in again.stderr


@transactional
def test_a_damaged_backup_is_told_by_its_checksums(tmp_path: Path) -> None:
    mask = MaskFactory()
    backup_make(tmp_path / "backup")
    (tmp_path / "backup/storage" / mask.storage_key).write_bytes(b"other")
    with pytest.raises(Conflict, match=f"damaged in 1 places: {mask.storage_key}"):
        backup_check(tmp_path / "backup")


@transactional
def test_a_file_that_a_row_names_and_nobody_has_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = MaskFactory()
    blobs().delete(mask.storage_key)
    with pytest.raises(SystemExit) as ended:
        call_command("backup", str(tmp_path / "backup"))
    assert ended.value.code == 1
    assert mask.storage_key in capsys.readouterr().err


def test_a_storage_that_holds_files_is_not_written_over(tmp_path: Path, settings: Any) -> None:
    blobs().write("films/1.png", b"ours")
    files_copy(tmp_path)
    settings.STORAGE_URL = f"file://{tmp_path}/used"
    blobs().write("films/2.png", b"somebody's")
    with pytest.raises(Conflict, match="holds files already"):
        files_restore(tmp_path)
    assert blobs().list("") == ["films/2.png"]


def test_a_folder_that_is_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InvalidInput, match="not empty"):
        backup_make(tmp_path)


def test_an_unfinished_backup_is_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no backup\.json"):
        call_command("backup", str(tmp_path), "--check")


@transactional
def test_a_backup_does_not_come_back_under_another_pseudonym_key(tmp_path: Path, settings: Any) -> None:
    made = backup_make(tmp_path / "backup")
    note = (tmp_path / "backup" / "backup.json").read_text()
    assert settings.SECRET_KEY not in note
    assert not any(secret in note for secret in settings.PSEUDONYM_KEYS.values())
    (name,) = settings.PSEUDONYM_KEYS
    settings.PSEUDONYM_KEYS = {name: "another secret of forty characters and so"}
    assert keys_known()["SECRET_KEY"] == made.keys["SECRET_KEY"]
    with pytest.raises(Conflict, match=f"PSEUDONYM_KEYS {name}, which the settings do not hold"):
        backup_restore(tmp_path / "backup")
