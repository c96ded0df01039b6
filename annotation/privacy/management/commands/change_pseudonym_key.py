"""``manage.py change_pseudonym_key``: a project names its patients by another key from now on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError
from annotation.privacy.services import pseudonym_key_change
from annotation.projects.models import Project


class Command(BaseCommand):
    """Change a project's pseudonym key."""

    help = (
        "Name a project's patients by another key of PSEUDONYM_KEYS from now on. Versions that are frozen keep their "
        "pseudonyms; patients cannot be followed from them into later ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--key", required=True, help="id of the key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change it, say so."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['project']!r}")
        try:
            changed = pseudonym_key_change(project=project, key_id=options["key"], actor=None)
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}") from error
        self.stdout.write(f"{changed.slug} names its patients by the key {changed.pseudonym_key}")
