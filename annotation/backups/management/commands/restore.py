"""``manage.py restore FOLDER``: a backup into an empty database and an empty storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.backups.services import backup_restore
from annotation.common.errors import DomainError
from mlbackend.storage import StorageError


class Command(BaseCommand):
    """Restores, and compares every row count and every checksum with the backup."""

    help = "Fill the empty database DATABASE_URL and the empty storage STORAGE_URL from a backup, and compare both."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what manage.py backup wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError in words."""
        try:
            backup = backup_restore(options["folder"], lambda words: self.stderr.write(words))
        except (DomainError, StorageError, OSError) as error:
            raise CommandError(f"{error} {getattr(error, 'remedy', '')}".strip()) from error
        rows = sum(backup.rows.values())
        self.stdout.write(f"{rows} rows in {len(backup.rows)} tables, {backup.files} files: as of {backup.made_at}")
        self.stdout.write("next: manage.py migrate, where this version is newer; then start web and workers")
