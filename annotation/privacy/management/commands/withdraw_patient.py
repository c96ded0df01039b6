"""``manage.py withdraw_patient``: take a patient out, list who was, and do it again after a restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError
from annotation.privacy.services import (
    list_read,
    list_text,
    patient_find,
    patient_withdraw,
    plan_of,
    withdrawals_repeat,
)


class Command(BaseCommand):
    """Withdraw a patient from all projects."""

    help = (
        "Take a patient's films and masks out of all projects, for good. The identifier is asked for, so that it "
        "stands in no shell's history; it is the patient's own as it was imported, or the pseudonym."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("--reason", default="", help="kept in the audit log; no names or numbers of the patient")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="print all withdrawals, to be kept beside the backups")
        what.add_argument(
            "--repeat",
            nargs="?",
            const="",
            metavar="FILE",
            help="after a restore: do all withdrawals again, also those of a FILE that --list printed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what goes, ask again, do it."""
        try:
            if options["list"]:
                self.stdout.write(list_text(), ending="")
            elif options["repeat"] is not None:
                self._repeat(options["repeat"])
            else:
                self._withdraw(options["reason"])
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}" if error.remedy else error.message) from error
        except OSError as error:
            raise CommandError(f"the list cannot be read: {error.strerror}") from error

    def _repeat(self, path: str) -> None:
        entries = list_read(Path(path).read_text(encoding="utf-8")) if path else []
        done = withdrawals_repeat(entries)
        self.stdout.write(
            f"{done['withdrawals']} withdrawals gone through, {done['patients']} patients taken out again"
        )

    def _withdraw(self, reason: str) -> None:
        identifier = self._ask("Identifier or pseudonym: ")
        patient = patient_find(identifier)
        if patient is not None:
            plan = plan_of(patient)
            counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in plan.counts.items())
            projects = ", ".join(project.slug for project in plan.projects) or "no project"
            self.stdout.write(f"This takes out, for good: {counts}, from {projects}.")
            for version in plan.versions:
                self.stdout.write(f"Version {version.number} of {version.project.slug} could not be had any more.")
            for model in plan.models:
                self.stdout.write(f"{model} of {model.project.slug} has learnt from the films and would be flagged.")
            for run in plan.benchmarks:
                self.stdout.write(f"Benchmark {run.number} of {run.project.slug} would lose its files.")
        again = self._ask("Type it again to go on: ")
        done = patient_withdraw(identifier=identifier, confirmation=again, actor=None, reason=reason)
        self.stdout.write(f"{done.pseudonyms[0]} is out: {done.counts['films']} films, {done.counts['masks']} masks.")

    def _ask(self, words: str) -> str:
        self.stdout.write(words, ending="")
        self.stdout.flush()
        return sys.stdin.readline().rstrip("\r\n")
