"""A project at which people have worked, for tests of its figures."""

from __future__ import annotations

import itertools
import random
from typing import Any

from annotation.accounts.models import User
from annotation.projects.models import Role
from annotation.reviews.models import BatchState, ReviewTask, TaskKind
from annotation.reviews.services import correction_submit, selection_submit, verdict_submit
from annotation.rounds.models import RoundState
from tests.annotation.reviews.world import World, drawing, submission
from tests.e2e.desk import Desk
from tests.factories import JobFactory, ModelVersionFactory, ReviewBatchFactory, RoundFactory, seed_film


class Worked(World):
    """The desk's project with two annotators and a closed round of training."""

    def __init__(self, desk: Desk) -> None:
        self.project = desk.project
        self.annotators = [User.objects.get(username="ann"), desk.person("bob", Role.ANNOTATOR)]
        self.annotator, self.physician = self.annotators[0], User.objects.get(username="md")
        self.batch = desk.batch
        self.rng = random.Random(4)
        self.network("I", self.batch.number + 900, 0.91)

    def network(self, name: str, number: int, score: float) -> None:
        """A closed round that ended with a main network, trained beside another one."""
        for encoder, behind in (("resnet18", 0.0), ("densenet121", 0.012)):
            epochs = [
                {"epoch": n, "train_loss": 1 / n, "validation_dsc": score - behind - 0.3 / n**2} for n in range(1, 9)
            ]
            model = ModelVersionFactory(
                project=self.project, encoder=encoder, round_number=number, validation_dsc=score - behind,
                job=JobFactory(kind="train", result={"epochs": epochs}), best_epoch=8,
            )  # fmt: skip
            if not behind:
                main = model
        RoundFactory(
            project=self.project, number=number, name=name, stage=0, kind="initial_training", batch=None,
            state=RoundState.CLOSED, main_network=main,
        )  # fmt: skip

    def open_batch(self, number: int, name: str, kind: str = "evaluation", stage: int = 1) -> None:
        """Work from now on belongs to this batch."""
        self.batch = ReviewBatchFactory(project=self.project, number=number, name=name)
        self.round = RoundFactory(
            project=self.project, number=number, name=name, kind=kind, stage=stage, batch=self.batch,
            state=RoundState.CLOSED,
        )  # fmt: skip

    def close_batch(self) -> None:
        """What was done in it stays."""
        self.batch.state = BatchState.CLOSED
        self.batch.save()

    def judge(self, task: ReviewTask, decision: str, person: User | None = None, seconds: float = 4.0) -> None:
        """A verdict; a rejected film is corrected at once where the queue asks for it."""
        person = person or self.annotator
        verdict_submit(submission=submission(person, task, seconds=seconds), decision=decision, comment="blurred")
        follow = ReviewTask.objects.filter(kind=TaskKind.CORRECTION, parent=task, state="open").first()
        if follow:
            png = drawing(self.rng.randint(8, 20))
            correction_submit(submission=submission(person, follow, seconds=31.0), png=png)

    def read_twice(self, said: list[str]) -> None:
        """Each word is one film's two verdicts, by initials."""
        words = {"a": "accept", "r": "reject", "u": "unsure", "e": "exclude"}
        tasks: dict[Any, list[ReviewTask]] = {}
        for task in self.verdicts(count=len(said), replicas=2):
            tasks.setdefault(task.project_image_id, []).append(task)
        for film, letters in zip(tasks.values(), said, strict=True):
            for task, letter, person in zip(film, letters, self.annotators, strict=True):
                self.judge(task, words[letter], person)

    def choose(self, count: int, replicas: int = 1) -> None:
        """Blind choices; the first place is liked a little too much."""
        for task, person in zip(self.selections(count=count, replicas=replicas), itertools.cycle(self.annotators)):
            position = self.rng.choice([0, 0, 0, 1, 2, 3, 4, 5])
            selection_submit(submission=submission(person, task, seconds=6.0), decision="pick", position=position)

    def seed(self) -> None:
        """A seed, which no figure counts."""
        seed_film(self.project)
