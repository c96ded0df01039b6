"""``manage.py reset_second_factor NAME``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.accounts.management.people import person_named
from annotation.accounts.services import second_factor_remove, sessions_end


class Command(BaseCommand):
    """For a lost phone, with the recovery codes lost too."""

    help = "Remove a person's second factor and recovery codes, and sign the person out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it."""
        user = person_named(options["username"])
        if not second_factor_remove(user, actor=None):
            raise CommandError(f"{user.username} has no second factor; nothing was changed")
        sessions_end(user)
        self.stdout.write(f"{user.username} signs in by the password alone, or sets another one up where it is a must")
