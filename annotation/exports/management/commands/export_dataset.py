"""``manage.py export_dataset``: freeze what has changed and write a version's files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError
from annotation.exports.models import DatasetVersion
from annotation.exports.selectors import DRAWING, FAILED, dataset_get, label_state
from annotation.exports.services import dataset_freeze, dataset_write, labels_start, out_check
from annotation.projects.models import Project
from mlbackend.storage import StorageError

POLL_SECONDS = 2.0


class Command(BaseCommand):
    """Write a dataset version into a folder."""

    help = (
        "Freeze the current ground truth as a new version, or take the latest version where nothing has changed, "
        "and write its files."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("--project", action="append", required=True, help="slug; give it again to join projects")
        parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist or is empty")
        parser.add_argument("--include-seeds", action="store_true", help="export the seed films too")
        parser.add_argument("--number", type=int, help="write this version, freeze nothing")
        parser.add_argument(
            "--labels",
            action="store_true",
            help="with the label history; where its candidates are not drawn yet, have them drawn and wait",
        )
        parser.add_argument("--note", default="", help="a line for the datasheet of a new version")

    def handle(self, *args: Any, **options: Any) -> None:
        """Freeze, write, say what was written."""
        try:
            out_check(options["out"])
            projects = [self._project(slug) for slug in options["project"]]
            if options["number"] is not None:
                version = dataset_get(project=projects[0], number=options["number"])
            else:
                version = dataset_freeze(
                    projects=projects,
                    actor=None,
                    include_seeds=options["include_seeds"],
                    note=options["note"],
                    reuse=True,
                )
            if options["labels"]:
                self._wait_for_labels(version)
            out = dataset_write(version, options["out"], labels=options["labels"])
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}" if error.remedy else error.message) from error
        except StorageError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{version.project.slug} version {version.number}: {version.summary['films']} films, "
            f"{version.summary['masks']} masks -> {out}"
        )

    def _wait_for_labels(self, version: DatasetVersion) -> None:
        """Ctrl-C only ends the waiting: the workers go on, and so does the same command."""
        labels_start(version=version, actor=None)
        said = ""
        while (stands := label_state(version))["state"] == DRAWING:
            words = f"label history of version {version.number}: {stands['done']} of {stands['total']} films drawn"
            words += "; no GPU worker has begun yet" if stands["waiting"] else ""
            if words != said:
                self.stdout.write(said := words)
            time.sleep(POLL_SECONDS)
        if stands["state"] == FAILED:
            raise CommandError(f"the label history failed: {stands['error']}; the same command tries it again")

    def _project(self, slug: str) -> Project:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--project {slug!r}: no such project; there are: {known}")
        return project
