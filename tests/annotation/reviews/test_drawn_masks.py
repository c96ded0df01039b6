"""What people draw is checked before it becomes truth."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.common.errors import InvalidInput
from annotation.reviews.services import correction_submit
from annotation.reviews.services.submit import YOURS
from tests.annotation.reviews.world import HEIGHT, WIDTH, World, drawing, submission, verdict
from tests.support.pictures import mask_png_bytes

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("filled", [False, True])
def test_an_empty_and_a_full_lung_mask_are_refused_and_the_task_stays_open(world: World, filled: bool) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "reject")
    (correction,) = world.lease(world.annotator)
    png = mask_png_bytes(np.full((HEIGHT, WIDTH), filled))
    with pytest.raises(InvalidInput) as refused:
        correction_submit(submission=submission(world.annotator, correction), png=png)
    assert refused.value.field == "mask"
    assert correction_submit(submission=submission(world.annotator, correction), png=drawing()).counts


def test_a_second_act_after_ones_own_is_kept_and_says_whose_the_first_was(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    second = verdict(world.annotator, task, "reject")
    assert (second.counts, second.message) == (False, YOURS)
