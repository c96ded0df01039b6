"""``manage.py backup FOLDER``: database and storage as they fit each other, while people work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.backups.services import backup_check, backup_make
from annotation.common.errors import DomainError
from mlbackend.storage import StorageError


class Command(BaseCommand):
    """Writes a backup, or checks one; exits with 1 where rows name files that are not there."""

    help = "Copy database and storage into a new folder, with checksums; nobody has to stop working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="new or empty; films and people's data will be in it")
        parser.add_argument("--check", action="store_true", help="compare an existing backup with its checksums")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError in words."""
        try:
            if options["check"]:
                backup = backup_check(options["folder"])
            else:
                backup = backup_make(options["folder"], lambda words: self.stderr.write(words))
        except (DomainError, StorageError, OSError) as error:
            raise CommandError(f"{error} {getattr(error, 'remedy', '')}".strip()) from error
        rows = sum(backup.rows.values())
        self.stdout.write(f"{rows} rows and {backup.files} files ({backup.bytes} bytes) as of {backup.made_at}")
        if backup.missing:
            self.stderr.write(f"{len(backup.missing)} files that rows name were not there, first {backup.missing[0]}")
            sys.exit(1)
