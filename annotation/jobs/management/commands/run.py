"""``manage.py run``: web, platform worker and GPU worker of one machine, until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import Conflict
from annotation.jobs.runtime import Processes, ProcessesError, alone_in


class Command(BaseCommand):
    """Migrates, starts the parts that are wanted, prints the address, and stops all of them cleanly."""

    help = "Start web, platform worker and GPU worker, and stop them with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        for part, name in (("web", "web server"), ("platform", "platform worker"), ("gpu", "GPU worker")):
            parser.add_argument(f"--no-{part}", dest=part, action="store_false", help=f"do not start the {name}")
        parser.add_argument("--log-dir", type=Path, default=Path(settings.DATA_DIR) / "log")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = {part: options[part] for part in ("web", "platform", "gpu")}
        processes = Processes(log_dir=options["log_dir"], host=options["host"], port=options["port"], **parts)
        with raise_on_terminate(), contextlib.suppress(KeyboardInterrupt):
            call_command("migrate", verbosity=0)
            # More workers may be started beside it; a second whole installation on one database is a mistake.
            alone = alone_in(Path(settings.DATA_DIR), field="GROUNDWORK_DATA_DIR", remedy="stop it first")
            try:
                with alone if all(parts.values()) else contextlib.nullcontext():
                    self._run(processes, options)
            except Conflict as error:
                raise CommandError(f"{error.message}; {error.remedy}") from error
        self.stdout.write("stopped")

    def _run(self, processes: Processes, options: dict[str, Any]) -> None:
        with processes:
            if options["web"]:
                self.stdout.write(f"Groundwork runs at {processes.url}; logs in {options['log_dir']}; stop with Ctrl-C")
            try:
                for _ in processes.follow():
                    pass
            except ProcessesError as error:
                raise CommandError(str(error)) from error


@contextlib.contextmanager
def raise_on_terminate() -> Any:
    """Let SIGTERM end the block as Ctrl-C does, so that what was started is stopped."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
