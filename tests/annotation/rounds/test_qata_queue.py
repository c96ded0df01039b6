"""What MDs are told that waits for them where the protocol has them draw and choose."""

from __future__ import annotations

import pytest

from annotation.masks.models import MaskKind
from annotation.reviews.selectors import queue_counts
from tests.annotation.rounds.qata_world import World, pick

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_the_queue_tells_films_that_are_drawn_from_nothing_from_those_that_are_corrected() -> None:
    world = World()
    world.start()
    told = queue_counts(user=world.mds[0], project=world.project)
    assert (told["waiting"]["correction"], told["drawings"]) == (10, 10)
    world.work(pick(MaskKind.DRAWING))
    told = queue_counts(user=world.mds[0], project=world.project)
    assert (told["waiting"]["correction"], told["drawings"]) == (0, 0)
    assert 0 < told["waiting"]["selection"] <= 10
