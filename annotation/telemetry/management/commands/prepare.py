"""``manage.py prepare``: what an installation needs before its processes start, new or after an upgrade."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from annotation.common.blobs import blobs, blobs_make
from mlbackend.storage import StorageError


class Command(BaseCommand):
    """Makes the bucket where it is missing, migrates the database, and says what production lacks."""

    help = "Make the bucket, bring the database's tables up to date, check the settings; may be called again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError in words where storage or database cannot be reached."""
        try:
            if blobs_make():
                self.stdout.write(f"made the bucket of {settings.STORAGE_URL}")
            blobs().probe()
        except StorageError as error:
            raise CommandError(f"{error}; see STORAGE_URL and the AWS_ variables in docs/settings.md") from error
        call_command("migrate", verbosity=options["verbosity"], interactive=False)
        call_command("check", deploy=True)
        self.stdout.write("ready")
