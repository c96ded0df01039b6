"""An installation with a project in review, whose processes are real and are killed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

from annotation.accounts.models import User
from annotation.jobs.models import Job
from annotation.jobs.runtime import Processes
from annotation.jobs.services import ENDED
from annotation.projects.models import Project, Role
from annotation.projects.protocol import get_protocol
from annotation.rounds.models import RepositoryEntry, Round, StepState
from annotation.rounds.services import project_start
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film
from tests.support.fake_gpu import FakeGpu

T = TypeVar("T")
LEASE_SECONDS = 5
STALE_SECONDS = 12
SWEEP_SECONDS = 1
NETWORKS = [{"architecture": "fpn", "encoder": "mobilenet_v2"}, {"architecture": "unet", "encoder": "mobilenet_v2"}]
TRAINING = {
    "image_size": 32, "epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "encoder_weights": "none",
    "precision": "fp32", "threads": 1,
}  # fmt: skip
SEEDS, SPARE = 10, 8


def until(ask: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """The first answer that is not falsy; the database may be away meanwhile."""
    from django.db import Error

    deadline = time.monotonic() + seconds
    why = ""
    while time.monotonic() < deadline:
        try:
            if found := ask():
                return found
        except Error as error:
            why = f" ({error})"
            connection.close()
        time.sleep(0.1)
    raise AssertionError(f"after {seconds:.0f} s: {what}{why}")


def fresh(job: Job) -> Job:
    """The job as it is in the database now."""
    job.refresh_from_db()
    return job


def ended(job: Job) -> bool:
    """Whether it has ended and what follows is done."""
    return fresh(job).status in ENDED and job.handled_at is not None


class House:
    """A project whose round II.1 is in review, and the processes of its installation."""

    def __init__(self, start: Callable[..., Processes], settings: Any) -> None:
        self._start, self.settings = start, settings
        self.processes: Processes | None = None
        self.project: Project
        self.admin: User
        self.readers: list[User] = []
        self.lease_seconds = LEASE_SECONDS

    def review(self, batch: int = 12, *, following: int = 4, readers: int = 4, **training: Any) -> None:
        """Take the project into review with ``batch`` open verdicts; a network made of nothing drew the proposals.

        The next batch has ``following`` films. ``training`` changes how the real networks of later rounds are trained.
        """
        now = {"undo_grace_seconds": 0.0}
        protocol = get_protocol(
            "covid-qu", training={**TRAINING, **training}, I={"networks": _networks(NETWORKS[:1])},
            II={"batch_size": batch, "total": batch + following, **now}, III={"networks": _networks(NETWORKS), **now},
            IV={"fraction": 0.3, **now},
        )  # fmt: skip
        # What is drawn after one epoch may be nothing at all, which no lung filter would let through.
        protocol = dataclasses.replace(protocol, postprocess="none")
        self.project = ProjectFactory(slug="chest", protocol=protocol.to_json())
        for _ in range(SEEDS):
            seed_film(self.project)
        for _ in range(batch + following + SPARE):
            ProjectImageFactory(project=self.project)
        # The seeds' truths are written when the project starts.
        RepositoryEntry.objects.filter(project=self.project).delete()
        self.admin = member(self.project, Role.ADMIN)
        self.readers = [member(self.project, Role.ANNOTATOR) for _ in range(readers)]
        project_start(project=self.project, actor=self.admin)
        FakeGpu().walk(self.project)
        assert self.round().name == "II.1"
        assert self.open_tasks() == batch

    def start(self, *parts: str, **env: str) -> Processes:
        """Start ``web``, ``platform``, ``gpu``; all where none is named."""
        wanted = {part: not parts or part in parts for part in ("web", "platform", "gpu")}
        place = {
            # The ordinary settings: those of tests hold leases for a fixed time.
            "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
            "SECRET_KEY": self.settings.SECRET_KEY,
            "REVIEW_LEASE_SECONDS": str(LEASE_SECONDS),
            "JOB_SWEEP_SECONDS": str(SWEEP_SECONDS),
            "JOB_HEARTBEAT_STALE_SECONDS": str(STALE_SECONDS),
            "JOB_QUEUED_TOO_LONG_SECONDS": "4",
            **env,
        }
        if wanted["web"]:
            self.lease_seconds = int(place["REVIEW_LEASE_SECONDS"])
        started = self._start(env=place, **wanted)
        # The first ones hold the web process; others are on machines of their own.
        self.processes = self.processes or started
        return started

    @property
    def url(self) -> str:
        """Address of the web process."""
        assert self.processes is not None
        return self.processes.url

    def restart(self, part: str) -> None:
        """Start a part again that was killed, as Docker or systemd does."""
        assert self.processes is not None
        self.processes.start_part(part)

    def round(self) -> Round:
        """The project's last round."""
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def open_tasks(self) -> int:
        """Verdicts that wait in the open batch."""
        batch = self.round().batch
        return batch.tasks.filter(state="open").count() if batch else 0

    def in_review(self, name: str) -> bool:
        """Whether the round of this name waits for people; a failed one raises, with its words."""
        current = self.round()
        failed = current.steps.filter(state=StepState.FAILED).first()
        assert failed is None, f"{current.name} {failed.kind}: {failed.error}"
        return current.name == name and current.steps.filter(kind="review", state=StepState.RUNNING).exists()

    def tails(self) -> str:
        """The ends of all logs, for the words of a failed test."""
        assert self.processes is not None
        return "\n".join(f"== {part}\n{self.processes.log_tail(part)}" for part in self.processes.parts)


def _networks(rows: list[dict[str, str]]) -> Any:
    from annotation.projects.protocol.training import Network

    return tuple(Network(**row) for row in rows)
