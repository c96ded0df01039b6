"""A project with people and tasks, for tests of the queue."""

from __future__ import annotations

import itertools
from typing import Any

from annotation.accounts.models import User
from annotation.images.models import ImageState, ProjectImage
from annotation.masks.models import Mask, MaskKind
from annotation.projects.models import ProjectState, Role
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.permissions import lease_token
from annotation.reviews.services import (
    Receipt,
    Submission,
    probe_tasks_create,
    proposal_tasks_create,
    selection_tasks_create,
    tasks_next,
    verdict_submit,
)
from tests.factories import (
    MaskFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    ReviewBatchFactory,
    RoundFactory,
    member,
)
from tests.support.fake_gpu import shifted
from tests.support.pictures import lungs_hw, mask_png_bytes

HEIGHT, WIDTH = 48, 64
_keys = (f"key-{n:08d}" for n in itertools.count())


def new_key() -> str:
    """A key that no other act of this run has."""
    return next(_keys)


def drawing(rows: int = 20) -> bytes:
    """PNG of a mask that no factory makes: the lungs without their upper rows."""
    mask = lungs_hw(HEIGHT, WIDTH)
    mask[:rows] = False
    return mask_png_bytes(mask)


class World:
    """A running project with an open batch; ``annotators`` people read it, two MDs decide."""

    def __init__(self, annotators: int = 2) -> None:
        self.project = ProjectFactory(state=ProjectState.RUNNING)
        self.annotators = [member(self.project, Role.ANNOTATOR) for _ in range(annotators)]
        self.annotator = self.annotators[0]
        self.physician = member(self.project, Role.PHYSICIAN)
        self.other_physician = member(self.project, Role.PHYSICIAN)
        self.admin = member(self.project, Role.ADMIN)
        self.researcher = member(self.project, Role.RESEARCHER)
        self.batch = ReviewBatchFactory(project=self.project, number=1)
        self.round = RoundFactory(project=self.project, number=1, batch=self.batch)

    def films(self, count: int) -> list[ProjectImage]:
        """Pool films that were chosen for the batch."""
        return [ProjectImageFactory(project=self.project, state=ImageState.CHOSEN) for _ in range(count)]

    def proposal(self, film: ProjectImage, shift: int = 0, model: Any = None) -> Mask:
        """A network's mask of the film."""
        mask: Mask = MaskFactory(
            project=self.project, image=film.image, kind=MaskKind.CANDIDATE,
            model_version=model or ModelVersionFactory(project=self.project),
            pixels=shifted(lungs_hw(HEIGHT, WIDTH), shift), confidence=0.777,
        )  # fmt: skip
        return mask

    def verdicts(self, count: int = 1, replicas: int = 1) -> list[ReviewTask]:
        """Verdict tasks of new films."""
        model = ModelVersionFactory(project=self.project)
        films = self.films(count)
        return proposal_tasks_create(
            batch=self.batch, proposals=[(film, self.proposal(film, model=model)) for film in films],
            kind=TaskKind.VERDICT, role=Role.ANNOTATOR, replicas=[replicas] * count,
        )  # fmt: skip

    def verifications(self, count: int = 1) -> list[ReviewTask]:
        """Verification tasks of films that have their truth."""
        from annotation.rounds.repository import truth_set

        films = self.films(count)
        proposals = [(film, self.proposal(film)) for film in films]
        for film, mask in proposals:
            truth_set(project_image=film, mask=mask, provenance="accepted", round_number=0)
        return proposal_tasks_create(
            batch=self.batch, proposals=proposals, kind=TaskKind.VERIFICATION, role=Role.PHYSICIAN
        )

    def selections(self, count: int = 1, shifts: tuple[int, ...] = (0, 2, 4, 6, 8, 10), replicas: int = 1,
                   seed: int = 1, repeats: tuple[int, ...] = (),
                   role: str = Role.ANNOTATOR) -> list[ReviewTask]:  # fmt: skip
        """Blind choices among as many networks as there are shifts. ``repeats`` says of the first films after how many
        others each comes back; the repeats stand behind their first readings."""
        models = [
            ModelVersionFactory(project=self.project, architecture="unet", encoder=f"secret{i}", purpose="candidate")
            for i in range(len(shifts))
        ]
        candidates = [
            (film, [self.proposal(film, shift, model) for shift, model in zip(shifts, models, strict=True)])
            for film in self.films(count)
        ]
        return selection_tasks_create(
            batch=self.batch, candidates=candidates, seed=seed, tie_dsc=0.998, replicas=[replicas] * count,
            repeats=[*repeats, *[0] * (count - len(repeats))], role=role,
        )  # fmt: skip

    def probes(self, count: int = 1) -> list[ReviewTask]:
        """Verdict tasks of new films, each with a probe; the probes are returned."""
        proposals = [(film, self.proposal(film)) for film in self.films(count)]
        proposal_tasks_create(
            batch=self.batch, proposals=proposals, kind=TaskKind.VERDICT, role=Role.ANNOTATOR, replicas=[1] * count
        )
        return probe_tasks_create(batch=self.batch, proposals=proposals, fraction=1.0, seed=1, role=Role.ANNOTATOR)

    def lease(self, user: User, count: int = 1, **options: Any) -> list[ReviewTask]:
        """The user's next tasks."""
        return tasks_next(user=user, project=self.project, count=count, **options)


def submission(user: User, task: ReviewTask, key: str = "", seconds: float = 2.0) -> Submission:
    """What a browser would send with an act of this user."""
    return Submission(user, task.pk, key or new_key(), lease_token(user, task), seconds)


def verdict(user: User, task: ReviewTask, decision: str, comment: str = "", key: str = "") -> Receipt:
    """A verdict by service."""
    return verdict_submit(submission=submission(user, task, key), decision=decision, comment=comment)
