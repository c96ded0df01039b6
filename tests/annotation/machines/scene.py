"""Where a machine begins: a project that stands in one of its stages, a clock that it sets, and a way back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from annotation.common.blobs import blobs
from annotation.images.models import ProjectImage
from annotation.projects.models import Project, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import TaskKind
from annotation.reviews.services import selection_submit, tasks_next
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.annotation.reviews.world import submission, verdict
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film
from tests.support.fake_gpu import FakeGpu

GRACE = 120.0
LEASE = 600
BATCH, POOL = 3, 8
REOPEN_ABOVE = 0.1


class Clock:
    """The platform's clock, which stands still until it is set."""

    def __init__(self) -> None:
        self.moment: datetime = timezone.now()

    def now(self) -> datetime:
        """Instead of ``timezone.now``."""
        return self.moment

    def pass_(self, seconds: float) -> None:
        """Time goes by."""
        self.moment += timedelta(seconds=seconds)

    @property
    def seconds(self) -> float:
        """As a number."""
        return self.moment.timestamp()


class Scene:
    """Three annotators, two MDs, one who is both, an admin; the project waits for people in ``stage``."""

    def __init__(self, stage: str) -> None:
        cache.clear()
        protocol = get_protocol(
            "covid-qu",
            I={"minimum_seeds": 4},
            II={
                "batch_size": BATCH, "total": BATCH, "replicas": 2, "double_read_fraction": 0.6,
                "double_correct_fraction": 0.7, "probe_fraction": 0.34, "undo_grace_seconds": GRACE,
            },
            III={"replicas": 2, "double_read_fraction": 0.4, "repeat_fraction": 0.0, "undo_grace_seconds": GRACE},
            IV={"fraction": 0.5, "strata": ("label",), "reopen_above": REOPEN_ABOVE, "undo_grace_seconds": GRACE},
        )  # fmt: skip
        self.project: Project = ProjectFactory(protocol=protocol.to_json())
        for _ in range(6):
            seed_film(self.project)
        for n in range(POOL):
            # Two films of one patient, who may be withdrawn.
            image = {"image__patient": self.last.image.patient} if n == POOL - 1 else {}
            self.last: ProjectImage = ProjectImageFactory(project=self.project, **image)
        self.annotators = [member(self.project, Role.ANNOTATOR) for _ in range(3)]
        self.physicians = [member(self.project, Role.PHYSICIAN) for _ in range(2)]
        self.both = member(self.project, Role.ANNOTATOR, Role.PHYSICIAN)
        self.people = [*self.annotators, *self.physicians, self.both]
        self.admin = member(self.project, Role.ADMIN)
        self.gpu = FakeGpu()
        project_start(project=self.project, actor=self.admin)
        with self.clock() as clock:
            self.gpu.walk(self.project)
            while self.round().name != stage:
                self._accept_all(clock)
        self.files = {key: blobs().read(key) for key in blobs().list("")}

    def round(self) -> Round:
        """The last one."""
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def _accept_all(self, clock: Clock) -> None:
        for person in self.people:
            for task in tasks_next(user=person, project=self.project, count=10):
                if task.kind == TaskKind.VERDICT:
                    verdict(person, task, "accept")
                else:
                    selection_submit(submission=submission(person, task), decision="pick", position=0)
        clock.pass_(GRACE + 1)
        self.gpu.walk(self.project)

    @contextlib.contextmanager
    def clock(self) -> Iterator[Clock]:
        """The platform reads this clock meanwhile."""
        clock = Clock()
        with mock.patch("django.utils.timezone.now", clock.now):
            yield clock

    @contextlib.contextmanager
    def once(self) -> Iterator[Clock]:
        """Whatever happens inside has not happened afterwards."""
        cache.clear()
        storage: Any = blobs()
        missing = set(self.files) - set(storage.list(""))
        for key in missing:
            storage.write(key, self.files[key])
        with self.clock() as clock, transaction.atomic():
            yield clock
            transaction.set_rollback(True)
