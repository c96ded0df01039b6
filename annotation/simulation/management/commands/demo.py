"""``manage.py demo``: a project that works at once, on procedural films or on one's own."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.common.errors import DomainError, InvalidInput
from annotation.jobs.runtime import Processes, ProcessesError, alone_in
from annotation.projects.models import Project
from annotation.projects.protocol import catalogue, target_of
from annotation.rounds.models import Round, RoundState
from annotation.simulation.demo import PROTOCOL, DemoFilms, credentials, demo_project, procedural_manifest, usable_port
from annotation.simulation.progress import Progress

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Serve a demo project until Ctrl-C; called again it goes on where it was."""

    help = (
        "Make a demo project from procedural chest films, or from a manifest of real ones, start web and workers, and "
        "begin with its first stage at once. Ctrl-C stops everything; the next call goes on."
    )
    # The database is migrated first.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        add = parser.add_argument
        add(
            "--manifest",
            type=Path,
            default=None,
            help="CSV of real films with masks; some become seeds, the others the pool",
        )
        add("--where", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows of the manifest")
        add("--protocol", choices=sorted(catalogue()), default=PROTOCOL, help="(default %(default)s)")
        add("--target", default="", help="lung or infection (default: what the protocol is meant for)")
        add("--convention", default="", help="how lungs are drawn: heart_out or heart_in (default heart_out)")
        add("--seed-count", type=int, default=40, help="films that bring their masks (default %(default)s)")
        add("--films", type=int, default=120, help="how many procedural films to make (default %(default)s)")
        add("--epochs", type=int, default=10, help="of every training (default %(default)s)")
        add("--port", type=int, default=8000, help="of the web pages; another one is taken where it is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, make the project once, serve."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        data = Path(settings.DATA_DIR)
        try:
            with alone_in(data, field="GROUNDWORK_DATA_DIR", remedy="stop it first, or name another folder"):
                self._handle(options, data)
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}" if error.remedy else error.message) from error
        except ProcessesError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("\nstopped; the next `make demo` goes on from here")

    def _handle(self, options: dict[str, Any], data: Path) -> None:
        call_command("migrate", verbosity=0)
        procedural = options["manifest"] is None
        if options["where"] and procedural:
            raise InvalidInput(
                "--where chooses rows of a manifest, and none is given", field="--where", value=options["where"],
                remedy="write make demo MANIFEST=path.csv WHERE=column=value",
            )  # fmt: skip
        if procedural and not (data / "demo" / "films" / "manifest.csv").exists():
            self._say(f"drawing {options['films']} procedural films (once)")
        films = DemoFilms(
            manifest=procedural_manifest(data / "demo" / "films", options["films"])
            if procedural
            else options["manifest"].resolve(),
            where=tuple(where for where in options["where"] if where),
            target=options["target"] or target_of(options["protocol"]),
            convention=options["convention"],
            seed_count=options["seed_count"],
            procedural=procedural,
            protocol=options["protocol"],
        )
        people = credentials(data / "demo_credentials.txt")
        project = demo_project(films, people, folder=data / "demo", epochs=options["epochs"], say=self._say)
        self._serve(project, people, options["port"])

    def _serve(self, project: Project, people: dict[str, str], port: int) -> None:
        logs = Path(settings.DATA_DIR) / "log"
        with Processes(log_dir=logs, host=HOST, port=usable_port(HOST, port)) as processes:
            self._say(f"\nGroundwork runs at {processes.url}/ (API: {processes.url}/api/docs, logs: {logs})\n")
            width = max(map(len, people))
            for name, password in people.items():
                self._say(f"  {name:<{width}}  {password or '(its own password, unchanged)'}")
            self._say(f"\nproject {project.slug}; Ctrl-C stops everything\n")
            progress = Progress(self._say, project)
            told_failure = ""
            for _ in processes.follow():
                progress.tick()
                failed = Round.objects.filter(project=project, state=RoundState.FAILED).first()
                if failed and failed.name != told_failure:
                    told_failure = failed.name
                    step = failed.steps.exclude(error="").first()
                    self._say(
                        f"stage {failed.name} failed: {step.error if step else 'see the logs'}; an admin can retry it"
                    )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
