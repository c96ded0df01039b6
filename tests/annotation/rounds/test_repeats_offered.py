"""The engine offers repeated choices as the protocol says, and closes a batch without those that cannot come."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from annotation.images.models import ImageRole
from annotation.masks.models import MaskKind
from annotation.projects.models import Project, ProjectState, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import ReviewTask, TaskKind, TaskState
from annotation.reviews.services import Submission, selection_submit, tasks_next, verdict_submit
from annotation.rounds.engine import advance
from annotation.rounds.models import Round
from annotation.rounds.services import project_start, round_close_now
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film
from tests.support.fake_gpu import FakeGpu

pytestmark = pytest.mark.django_db

_keys = (f"again-{n:08d}" for n in itertools.count())


class World:
    """A project in stage III: two films were judged, sixteen wait for a choice."""

    def __init__(self, **selection: Any) -> None:
        now = {"undo_grace_seconds": 0.0}
        protocol = get_protocol(
            "covid-qu", II={"batch_size": 2, "total": 2, **now}, III={**now, **selection}, IV=dict(now)
        )
        self.project: Project = ProjectFactory(protocol=protocol.to_json())
        for _ in range(12):
            seed_film(self.project)
        for _ in range(18):
            ProjectImageFactory(project=self.project)
        self.admin = member(self.project, Role.ADMIN)
        self.annotator = member(self.project, Role.ANNOTATOR)
        self.gpu = FakeGpu()
        project_start(project=self.project, actor=self.admin)
        self.gpu.walk(self.project)
        self.work(2)
        self.gpu.walk(self.project)
        assert self.round().name == "III"

    def round(self) -> Round:
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def work(self, count: int) -> int:
        """The annotator's next tasks: accepts all, picks the first; returns how many there were."""
        for n in range(count):
            tasks = tasks_next(user=self.annotator, project=self.project)
            if not tasks:
                return n
            (task,) = tasks
            assert task.lease_token is not None
            said = Submission(self.annotator, task.pk, next(_keys), task.lease_token, 2.0)
            if task.kind == TaskKind.VERDICT:
                verdict_submit(submission=said, decision="accept")
            else:
                selection_submit(submission=said, decision="pick", position=0)
        return count

    def due_after(self, others: int) -> None:
        """All repeats wait for so many other films; what the protocol draws differs from run to run."""
        ReviewTask.objects.filter(project=self.project, repeat_of__isnull=False).update(due_after=others)

    def repeats(self) -> list[ReviewTask]:
        return list(ReviewTask.objects.filter(project=self.project, repeat_of__isnull=False).order_by("order"))


def test_the_share_is_drawn_among_the_films_that_others_follow() -> None:
    world = World(repeat_fraction=0.5, repeat_gap=4)
    found = world.repeats()
    assert [task.order for task in found] == list(range(8)), "all of the first half"
    assert all(4 <= (task.due_after or 0) <= 6 for task in found)
    assert ReviewTask.objects.filter(project=world.project, kind=TaskKind.SELECTION).count() == 16 + 8


def test_no_film_comes_back_where_the_protocol_says_none_or_leaves_no_room() -> None:
    assert World(repeat_fraction=0.0, repeat_gap=1).repeats() == []
    assert World(repeat_fraction=0.5, repeat_gap=16).repeats() == []


def test_the_round_closes_without_repeats_that_never_came_and_elects_by_first_choices() -> None:
    world = World(repeat_fraction=0.5, repeat_gap=8)
    world.due_after(12)
    total = world.work(100)
    done = [task.order for task in world.repeats() if task.state == TaskState.DONE]
    assert done == [0, 1, 2, 3], "behind the others there are fewer than twelve films"
    assert total == 16 + len(done)
    world.gpu.walk(world.project)
    round_ = Round.objects.get(project=world.project, name="III")
    outcome = round_.steps.get(kind="elect").outcome
    assert (outcome["picks"], outcome["denied"]) == (16, 0)
    states = {task.state for task in world.repeats()}
    assert states == {TaskState.DONE, TaskState.CANCELLED}
    assert world.round().name == "IV"


def test_an_admin_may_close_a_round_over_repeats_that_wait() -> None:
    world = World(repeat_fraction=0.5, repeat_gap=8, undo_grace_seconds=600.0)
    # After the eighth film come eight others: its repeat is due when all films are chosen on.
    last = world.repeats()[-1]
    world.due_after(8)
    while ReviewTask.objects.filter(project=world.project, state=TaskState.OPEN, repeat_of=None).exists():
        assert world.work(1)
    advance(world.project.pk)
    waiting = [task for task in world.repeats() if task.state == TaskState.OPEN]
    assert waiting == [last], "what can come waits as long as an undo may come, the others are dropped"
    round_close_now(round_=world.round(), actor=world.admin)
    world.gpu.walk(world.project)
    assert world.round().name == "IV"
    assert Project.objects.get(pk=world.project.pk).state == ProjectState.RUNNING
    assert not [task for task in world.repeats() if task.state == TaskState.OPEN]


def test_a_repeat_makes_no_mask_and_no_film_of_its_own() -> None:
    world = World(repeat_fraction=0.5, repeat_gap=4)
    candidates = world.project.masks.filter(kind=MaskKind.CANDIDATE).count()
    assert candidates == 2 + 16 * 6
    assert world.project.project_images.filter(role=ImageRole.POOL).count() == 18
