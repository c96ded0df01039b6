"""``manage.py make_admin NAME``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.accounts.models import User
from annotation.accounts.services import password_link_make, user_change, user_create
from annotation.common.errors import DomainError


class Command(BaseCommand):
    """For a new installation, and for one whose admins are gone."""

    help = "Make a superuser, or make one of a person who is there; prints a link to choose a password by."

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("username")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, active, and a link."""
        try:
            user = User.objects.filter(username=options["username"]).first()
            if user is None:
                user = user_create(username=options["username"], email=options["email"], is_superuser=True)
            else:
                user = user_change(user, is_active=True, is_superuser=True)
            path, row = password_link_make(user, actor=None)
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}") from error
        self.stdout.write(f"{user.username} is a superuser")
        self.stdout.write(f"choose a password at https://YOUR-HOST{path}")
        self.stdout.write(f"the link is good once, until {row.expires_at:%Y-%m-%d %H:%M} UTC")
