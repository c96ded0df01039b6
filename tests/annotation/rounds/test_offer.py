"""Films of a batch are offered some at a time, each of them once."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from annotation.images.models import Image
from annotation.reviews.models import ReviewTask
from annotation.rounds.steps import offer
from annotation.rounds.steps.offer import Offer
from tests.annotation.rounds.test_engine_walk import NOW, World

pytestmark = pytest.mark.django_db


def test_each_film_is_offered_once_where_some_were_withdrawn_before_the_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(II={"batch_size": 12, "total": 12, **NOW})
    offered, gone = Offer.poll, []

    def withdraw_and_offer(self: Offer, context: Any) -> Any:
        if not gone:
            gone.extend(context.round.films.filter(order__in=[1, 2, 6]).values_list("project_image_id", flat=True))
            Image.objects.filter(memberships__in=gone).update(withdrawn_at=timezone.now())
        return offered(self, context)

    monkeypatch.setattr(Offer, "poll", withdraw_and_offer)
    monkeypatch.setattr(offer, "OFFERED_AT_ONCE", 3)
    world.start()
    films = set(world.round().films.values_list("project_image_id", flat=True))
    tasks = list(ReviewTask.objects.filter(batch=world.round().batch).values_list("project_image_id", flat=True))
    assert len(gone) == 3
    assert len(tasks) == len(set(tasks)) == 9
    assert set(tasks) == films - set(gone)
