"""``manage.py import_images MANIFEST --project P --role seed|pool [--where col=value]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError
from annotation.images.models import ImageRole
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.models import Convention, Project


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form column=value")
    return column.strip(), value.strip()


class Command(BaseCommand):
    """Imports films from a manifest CSV; exits with 1 where a row had an error."""

    help = "Import films from a manifest CSV into a project, as seeds with their masks or into the pool."

    def add_arguments(self, parser: CommandParser) -> None:
        """Arguments as the README shows them."""
        parser.add_argument("manifest", type=Path, help="CSV; paths in it are relative to its folder")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--role", required=True, choices=ImageRole.values, help="pool never opens a column of masks"
        )
        parser.add_argument("--where", action="append", type=_condition, default=[], metavar="COLUMN=VALUE")
        parser.add_argument("--limit", type=int, help="no more rows than this")
        parser.add_argument(
            "--convention", default="", choices=["", *Convention.values],
            help="how the seeds are drawn, for rows that do not say so",
        )  # fmt: skip
        parser.add_argument(
            "--override-convention", default="", metavar="REASON",
            help="take seeds drawn by another convention than the project's, for this reason",
        )  # fmt: skip
        parser.add_argument("--report", type=Path, help="write the report here as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the import and print its report."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            slugs = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"no project {options['project']!r}; there are: {slugs}")
        columns = [column for column, _ in options["where"]]
        if len(set(columns)) < len(columns):
            raise CommandError("--where names a column twice; a film has one value of each: import the values in turn")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError(f"--limit {options['limit']}: use 1 or more")
        try:
            report = manifest_import(
                project=project,
                manifest=options["manifest"],
                role=options["role"],
                where=dict(options["where"]),
                convention=options["convention"],
                override_reason=options["override_convention"],
                limit=options["limit"],
                on_progress=self._progress if sys.stderr.isatty() else None,
            )
        except DomainError as error:
            raise CommandError(f"{error.field}={error.value!r}: {error.message} -> {error.remedy}") from error
        for problem in report.problems:
            style = self.style.ERROR if problem.severity == "error" else self.style.WARNING
            self.stdout.write(style(str(problem)))
        data = report.to_json()
        self.stdout.write(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in data["counts"].items()))
        self.stdout.write(f"{data['images_per_second']} images/s; report in storage at {report.key}")
        if options["report"]:
            options["report"].write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
        if not report.ok:
            sys.exit(1)

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done} of {total}", ending="\n" if done == total else "")
