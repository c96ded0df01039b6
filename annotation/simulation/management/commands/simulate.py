"""``manage.py simulate``: reviewers who know the truth work a whole project with real workers."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError
from annotation.simulation.flags import add_flags
from annotation.simulation.folder import RunFolder
from annotation.simulation.settings import Settings


class Command(BaseCommand):
    """Run the protocol on films whose truth is known, and report."""

    help = (
        "Work a whole project as people would, by reviewers who know the truth and follow stated rules, through the "
        "same services and real workers. Writes DIR/report.json, DIR/report.html and DIR/dataset/."
    )
    # The run's own database is checked after the process has moved there.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        add_flags(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Move into the run's folder, then run."""
        folder = RunFolder(options["out"])
        try:
            settings = Settings.from_options(options)
            folder.check(settings.to_json())
            if not folder.is_current():
                self.stdout.flush()
                # Django knows one database a process: begin again with the folder's own.
                folder.state.mkdir(parents=True, exist_ok=True)
                environment = folder.environment(options["database_url"], options["broker_url"])
                os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606
            self._run(settings, folder)
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}" if error.remedy else error.message) from error
        except KeyboardInterrupt:
            raise CommandError(
                "interrupted; all processes are stopped, the same command goes on from here", returncode=130
            ) from None

    def _run(self, settings: Settings, folder: RunFolder) -> None:
        # Imported late: before the move these would read the settings of another installation.
        from annotation.jobs.runtime import ProcessesError
        from annotation.simulation.oracle import TruthError
        from annotation.simulation.run import run

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        command = "manage.py " + shlex.join(sys.argv[1:])
        try:
            with folder.alone():
                report = run(settings, folder, command, self._write)
        except (TruthError, ProcessesError) as error:
            raise CommandError(str(error)) from error
        truth, effort = report["ground_truth"], report["effort"]
        machine = truth["machine"]["mean_dsc"]
        minutes = report["wall_seconds"]["total"] / 60
        self._write(
            f"done: {truth['all']['count']} films with ground truth, mean DSC {truth['all']['mean_dsc']:.3f}"
            + (f", machine-drawn {machine:.3f}" if machine is not None else "")
            + f"; effort saved {100 * (effort['saved_share'] or 0):.0f} %; {minutes:.1f} min"
        )
        self._write(f"see {folder.page}")

    def _write(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
