"""A small project that a fake GPU walks, for tests of rounds."""

from __future__ import annotations

from annotation.projects.models import Project, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import TaskKind
from annotation.reviews.services import tasks_next
from annotation.rounds.models import RepositoryEntry, Round
from annotation.rounds.services import project_start
from tests.annotation.reviews.world import verdict
from tests.factories import (
    ProjectFactory,
    ProjectImageFactory,
    SuperuserFactory,
    member,
    seed_film,
)
from tests.support.fake_gpu import FakeGpu

NOW = {"undo_grace_seconds": 0.0}


class World:
    """A project with ten seeds and eight pool films, and one person of each role."""

    def __init__(self) -> None:
        protocol = get_protocol(
            "covid-qu", II={"batch_size": 3, "total": 3, **NOW}, III=NOW, IV={"fraction": 0.3, **NOW}
        )
        self.project: Project = ProjectFactory(protocol=protocol.to_json())
        for _ in range(10):
            seed_film(self.project)
        for _ in range(8):
            ProjectImageFactory(project=self.project)
        # The seeds' truths are written when the project starts.
        RepositoryEntry.objects.filter(project=self.project).delete()
        self.people = {role: member(self.project, role) for role in Role.values}
        self.people["nobody"] = member(ProjectFactory(), *Role.values)
        self.people["root"] = SuperuserFactory()
        self.gpu = FakeGpu()

    def start(self) -> Round:
        project_start(project=self.project, actor=self.people["admin"])
        return self.walk()

    def walk(self) -> Round:
        self.gpu.walk(self.project)
        self.project.refresh_from_db()
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def accept_all(self) -> int:
        annotator = self.people["annotator"]
        tasks = tasks_next(user=annotator, project=self.project, count=10, kinds=[TaskKind.VERDICT])
        for task in tasks:
            verdict(annotator, task, "accept")
        return len(tasks)
