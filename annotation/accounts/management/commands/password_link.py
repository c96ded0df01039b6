"""``manage.py password_link NAME``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotation.accounts.management.people import person_named
from annotation.accounts.services import password_link_make


class Command(BaseCommand):
    """For whoever forgot the password where no admin can sign in."""

    help = "Print a link by which a person chooses a new password, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        path, row = password_link_make(person_named(options["username"]), actor=None)
        self.stdout.write(f"https://YOUR-HOST{path}")
        self.stdout.write(f"the link is good once, until {row.expires_at:%Y-%m-%d %H:%M} UTC")
