"""A project of the second protocol with a GPU that answers at once, and MDs who follow rules."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

from annotation.accounts.models import User
from annotation.masks.codec import encode_png
from annotation.masks.models import MaskKind
from annotation.projects.models import Project, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import ReviewTask, TaskCandidate, TaskKind
from annotation.reviews.services import Submission, correction_submit, selection_submit, tasks_next
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.factories import PatientFactory, ProjectFactory, ProjectImageFactory, member
from tests.support.fake_gpu import FakeGpu
from tests.support.pictures import lungs_hw

NOW = {"undo_grace_seconds": 0.0}
_keys = (f"qata-{n:08d}" for n in itertools.count())
Decide = Callable[["World", User, ReviewTask, Submission], Any]


class World:
    """A project of thirty films, two of each patient, three MDs, and no annotator."""

    def __init__(self, *, mds: int = 3, **protocol: dict[str, Any]) -> None:
        stages: dict[str, dict[str, Any]] = {
            "Ia": {"total": 10, **NOW}, "Ib": {"folds": 3, "repeat_fraction": 0.0, **NOW},
            "II": {"repeat_fraction": 0.0, **NOW},
        }  # fmt: skip
        for name, values in protocol.items():
            stages[name] = {**stages[name], **values}
        protocol_json = get_protocol("qata", **stages).to_json()
        self.project: Project = ProjectFactory(protocol=protocol_json, target="infection", convention="infection")
        for n in range(15):
            patient = PatientFactory()
            for _ in range(2):
                ProjectImageFactory(
                    project=self.project, image__patient=patient, image__label=["viral", "covid"][n % 2]
                )
        self.admin = member(self.project, Role.ADMIN)
        self.mds = [member(self.project, Role.PHYSICIAN) for _ in range(mds)]
        self.gpu = FakeGpu()

    def start(self) -> None:
        project_start(project=self.project, actor=self.admin)
        self.gpu.walk(self.project)

    def round(self) -> Round:
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def work(self, decide: Decide) -> Counter[str]:
        """The MDs take turns until nothing is left for anybody; tasks by kind."""
        done: Counter[str] = Counter()
        for _ in range(500):
            before = done.total()
            for md in self.mds:
                for task in tasks_next(user=md, project=self.project, count=1):
                    assert task.lease_token is not None
                    decide(self, md, task, Submission(md, task.pk, next(_keys), task.lease_token, 2.0))
                    done[task.kind] += 1
            if done.total() == before:
                self.gpu.walk(self.project)
                return done
        raise AssertionError("the MDs work on and on")

    def state(self) -> str:
        return Project.objects.get(pk=self.project.pk).state


def drawing(task: ReviewTask) -> bytes:
    """A drawing with a ragged edge, other for each film."""
    image = task.project_image.image
    mask = lungs_hw(image.height, image.width)
    mask[: 4 + int(image.sha256[:2], 16) % 6] = False
    return encode_png(mask)


def place_of(task: ReviewTask, kind: str) -> int:
    return TaskCandidate.objects.filter(task=task, mask__kind=kind).order_by("position")[0].position


def pick(kind: str) -> Decide:
    """Draw where that is asked, and choose the first mask of a kind where there is one."""

    def decide(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        if task.kind == TaskKind.CORRECTION:
            correction_submit(submission=submission, png=drawing(task))
        else:
            wanted = kind if task.candidates.filter(mask__kind=kind).exists() else MaskKind.CANDIDATE
            selection_submit(submission=submission, decision="pick", position=place_of(task, wanted))

    return decide


def deny(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
    if task.kind == TaskKind.CORRECTION:
        correction_submit(submission=submission, png=drawing(task))
    else:
        selection_submit(submission=submission, decision="deny")


def all_but_one() -> Decide:
    """Deny each film but the first that is chosen on."""
    picked = False

    def decide(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        nonlocal picked
        one = task.kind == TaskKind.SELECTION and not picked
        picked = picked or one
        (pick(MaskKind.CANDIDATE) if one else deny)(world, md, task, submission)

    return decide
