"""Films set aside, put back, excluded and judged in any order."""

from __future__ import annotations

import random

import pytest

from annotation.common.errors import DomainError
from annotation.images.models import ImageState
from annotation.reviews.models import UNSETTLED, ReviewTask, TaskKind, TaskState
from annotation.reviews.services import act_withdraw
from tests.annotation.reviews.test_set_aside import exclude, put_back, report
from tests.annotation.reviews.world import World, new_key, verdict

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_do_in_whatever_order_no_film_is_lost_or_settled_twice(world: World, seed: int) -> None:
    rng = random.Random(seed)
    world.verdicts(count=3, replicas=2)
    world.probes(1)
    for _ in range(60):
        person = rng.choice(world.annotators)
        task = rng.choice(list(ReviewTask.objects.filter(kind=TaskKind.VERDICT)))
        act = rng.choice(["next", "report", "report", "accept", "undo", "back", "out"])
        try:
            if act == "next":
                assert all(t.state == TaskState.OPEN for t in world.lease(person, count=3))
            elif act == "report":
                report(person, task)
            elif act == "accept":
                verdict(person, task, "accept")
            elif act == "undo":
                act_withdraw(actor=person, task_id=task.pk, idempotency_key=new_key())
            elif act == "back":
                put_back(world, task)
            elif rng.random() < 0.2:
                exclude(world, task)
        except DomainError:
            pass
    for task in ReviewTask.objects.filter(is_probe=False):
        readings = ReviewTask.objects.filter(project_image=task.project_image, is_probe=False)
        states = {reading.state for reading in readings}
        film = task.project_image
        film.refresh_from_db()
        if states & set(UNSETTLED):
            assert film.state == ImageState.CHOSEN
        elif film.state != ImageState.EXCLUDED:
            assert film.repository.filter(superseded_at=None).count() == 1
        assert film.repository.filter(superseded_at=None).count() <= 1
