"""Backup and restore of a whole installation.

The database is copied first, as of one moment, then the storage. A file is written before the row that names it and is
not changed afterwards, so whatever the copied rows name is there when the files are copied; files that came later are
copied too and do no harm. Nobody has to stop working.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from annotation.backups.database import database_copy, database_file, database_is_empty, database_restore, database_rows
from annotation.backups.files import LIST, files_check, files_copy, files_listed, files_restore
from annotation.common.errors import Conflict, InvalidInput

FORMAT = 1
NOTE = "backup.json"
"""Written last: a folder without it is no backup."""
SIGNING = "SECRET_KEY"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Backup:
    """What a backup says of itself."""

    format: int
    made_at: str
    """When the database was copied: what the backup knows of."""
    vendor: str
    migrations: list[str]
    database_sha256: str
    rows: dict[str, int]
    files: int
    bytes: int
    list_sha256: str
    missing: list[str]
    """Files that rows name and that were not there; empty in a sound installation."""
    keys: dict[str, str] = field(default_factory=dict)
    """Digests of the secrets without which the rows say less: the backup does not hold the secrets themselves."""


def backup_make(folder: Path, say: Say = lambda words: None) -> Backup:
    """Back the installation up into a new or empty folder. Raises InvalidInput, Conflict, StorageError."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty", field="folder", value=str(folder), remedy="name a new one")
    folder.mkdir(parents=True, exist_ok=True)
    # Films and people are in it.
    folder.chmod(0o700)
    made_at = timezone.now().isoformat()
    migrations = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    say("the database")
    moment = database_copy(folder / database_file())
    say("the files")
    copied, _ = files_copy(folder, lambda done: say(f"{done} files") if done % 10_000 == 0 else None)
    backup = Backup(
        format=FORMAT,
        made_at=made_at,
        vendor=connection.vendor,
        migrations=migrations,
        database_sha256=_sha256(folder / database_file()),
        rows=moment.rows,
        files=len(copied),
        bytes=sum(one.bytes for one in copied),
        list_sha256=_sha256(folder / LIST),
        missing=sorted(moment.references - {one.key for one in copied}),
        keys=keys_known(),
    )
    (folder / NOTE).write_text(json.dumps(asdict(backup), indent=1), encoding="utf-8")
    return backup


def backup_read(folder: Path) -> Backup:
    """What the backup in a folder says of itself; raises InvalidInput where there is none that we can read."""
    try:
        data: dict[str, Any] = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        remedy = "name the folder that manage.py backup wrote to its end"
        raise InvalidInput(f"{folder} has no {NOTE}", field="folder", value=str(folder), remedy=remedy) from None
    if data.get("format") != FORMAT:
        remedy = "restore it with the version of Groundwork that made it"
        raise InvalidInput(
            f"the backup has format {data.get('format')}, not {FORMAT}",
            field="folder",
            value=str(folder),
            remedy=remedy,
        )
    return Backup(**data)


def backup_check(folder: Path) -> Backup:
    """Compare every file of a backup with its checksum; raises Conflict that names the first that differ."""
    backup = backup_read(folder)
    wrong = [
        f"{name} has another checksum than when it was made"
        for name, wanted in ((database_name(backup), backup.database_sha256), (LIST, backup.list_sha256))
        if _sha256(folder / name) != wanted
    ]
    wrong = wrong or files_check(folder)
    if wrong:
        raise Conflict(
            f"the backup is damaged in {len(wrong)} places: {'; '.join(wrong[:5])}", field="folder", value=str(folder),
            remedy="restore from another one",
        )  # fmt: skip
    return backup


def database_name(backup: Backup) -> str:
    """Name of the file that holds the database."""
    return "database.dump" if backup.vendor == "postgresql" else "database.sqlite3"


def backup_restore(folder: Path, say: Say = lambda words: None) -> Backup:
    """Fill an empty database and an empty storage from a backup, and compare both with it.

    Raises InvalidInput and Conflict in words; where the files fail, the database is restored already: empty both and
    begin anew.
    """
    backup = backup_read(folder)
    if backup.vendor != connection.vendor:
        raise InvalidInput(
            f"the backup is of {backup.vendor}, DATABASE_URL names {connection.vendor}", field="DATABASE_URL",
            remedy=f"name an empty database of {backup.vendor}",
        )  # fmt: skip
    here = keys_known()
    if lost := sorted(name for name, digest in backup.keys.items() if name != SIGNING and here.get(name) != digest):
        raise Conflict(
            f"the backup was made with {', '.join(lost)}, which the settings do not hold as it was",
            field="PSEUDONYM_KEYS",
            remedy="set the keys of that installation again: with others its patients' pseudonyms cannot be told",
        )  # fmt: skip
    if backup.keys.get(SIGNING, here[SIGNING]) != here[SIGNING]:
        say("SECRET_KEY is another one than when the backup was made: second factors must be set up anew")
    if not database_is_empty():
        raise Conflict("the database has tables already", field="DATABASE_URL", remedy="restore into an empty one")
    say("checking the backup")
    backup_check(folder)
    say("the database")
    database_restore(folder / database_name(backup))
    rows = database_rows()
    if different := sorted(
        name for name in rows.keys() | backup.rows.keys() if rows.get(name) != backup.rows.get(name)
    ):
        name = different[0]
        raise Conflict(
            f"{len(different)} tables differ from the backup; {name} has {rows.get(name)} rows, not "
            f"{backup.rows.get(name)}", field="DATABASE_URL",
        )  # fmt: skip
    say("the files")
    restored = files_restore(folder, lambda done: say(f"{done} files") if done % 10_000 == 0 else None)
    if len(restored) != backup.files or len(files_listed(folder)) != backup.files:
        raise Conflict(f"{len(restored)} files came back, not {backup.files}", field="STORAGE_URL")
    return backup


def keys_known() -> dict[str, str]:
    """A digest of each secret of this installation by its name; nobody finds the secret by it."""
    secrets = {f"PSEUDONYM_KEYS {name}": secret for name, secret in settings.PSEUDONYM_KEYS.items()}
    secrets[SIGNING] = settings.SECRET_KEY
    return {
        name: hmac.new(secret.encode(), b"groundwork backup", hashlib.sha256).hexdigest()[:16]
        for name, secret in secrets.items()
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
