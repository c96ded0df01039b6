"""A blind choice among a drawing and networks' masks: nothing that the browser receives says which is the drawing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from annotation.masks.display import resampled
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask
from annotation.reviews.services import selection_tasks_create
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.world import HEIGHT, WIDTH, World
from tests.factories import MaskFactory
from tests.support.pictures import lungs_hw

Client = Callable[[Any], Any]
SIDE = 32


class Choice:
    """One film of a world: two networks' masks and what one MD drew; another MD holds the choice."""

    def __init__(self, world: World, api_as: Client) -> None:
        (film,) = world.films(1)
        networks = [world.proposal(film, shift) for shift in (1, 2)]
        ragged = lungs_hw(HEIGHT, WIDTH) ^ (np.random.default_rng(1).random((HEIGHT, WIDTH)) < 0.02)
        self.drawing: Mask = MaskFactory(
            project=world.project, image=film.image, kind=MaskKind.DRAWING, pixels=ragged, author=world.other_physician
        )
        self.masks: list[Mask] = [*networks, self.drawing]
        (self.task,) = selection_tasks_create(
            batch=world.batch, candidates=[(film, self.masks)], seed=1, tie_dsc=0.998, role=Role.PHYSICIAN,
            shown_at=SIDE,
        )  # fmt: skip
        self.client = api_as(world.physician)
        (self.told,) = fetch(self.client, world, count=1)

    def pixels(self) -> list[Any]:
        return [self.client.get(candidate["url"]) for candidate in self.told["candidates"]]


@pytest.fixture
def choice(world: World, api_as: Client) -> Choice:
    """The choice as the MD holds it."""
    return Choice(world, api_as)


def test_the_address_of_a_mask_is_not_the_masks_own(choice: Choice) -> None:
    assert choice.told["id"] == str(choice.task.pk)
    addresses = [candidate["url"] for candidate in choice.told["candidates"]]
    assert len(set(addresses)) == 3
    assert not [mask for mask in choice.masks for address in addresses if str(mask.pk) in address]


def test_every_mask_comes_through_the_same_resampling_in_files_of_one_length(choice: Choice) -> None:
    answers = choice.pixels()
    assert {answer.status_code for answer in answers} == {200}
    assert len({len(answer.content) for answer in answers}) == 1
    stored = {c.position: c.mask for c in choice.task.candidates.select_related("mask")}
    for candidate, answer in zip(choice.told["candidates"], answers, strict=True):
        seen = np.asarray(Pillow.open(io.BytesIO(answer.content)).convert("L")) > 0
        assert np.array_equal(seen, resampled(mask_read(stored[candidate["position"]]), SIDE))
    names = [{key for key, _ in answer.headers.items()} for answer in answers]
    assert all(one == names[0] for one in names)


def test_neither_its_own_address_nor_an_outline_opens_what_is_stored(choice: Choice) -> None:
    for mask in choice.masks:
        assert choice.client.get(f"/api/masks/{mask.pk}/pixels").status_code == 404
        assert choice.client.get(f"/api/masks/{mask.pk}/outline").status_code == 404
    for candidate in choice.told["candidates"]:
        assert choice.client.get(candidate["url"].replace("pixels", "outline")).status_code == 404


def test_an_address_is_closed_to_everybody_else_and_after_the_choice(
    choice: Choice, world: World, api_as: Client
) -> None:
    url = choice.told["candidates"][0]["url"]
    assert api_as(world.other_physician).get(url).status_code == 404
    assert api_as(world.annotator).get(url).status_code == 404
    body = {
        "idempotency_key": "compete-1", "lease_token": choice.told["lease_token"], "active_seconds": 3.0,
        "decision": "pick", "position": choice.task.candidates.get(mask=choice.drawing).position,
    }  # fmt: skip
    answer = choice.client.post(f"/api/tasks/{choice.task.pk}/selection", body)
    assert answer.status_code == 201, answer.json()
    assert choice.client.get(url).status_code == 404


def test_two_who_choose_differently_leave_it_to_one_who_sees_the_same(world: World, api_as: Client) -> None:
    (film,) = world.films(1)
    masks = [world.proposal(film, shift) for shift in (0, 8)]
    selection_tasks_create(
        batch=world.batch, candidates=[(film, masks)], seed=1, tie_dsc=0.998, role=Role.PHYSICIAN, shown_at=SIDE,
        replicas=[2],
    )  # fmt: skip
    for n, md in enumerate((world.physician, world.other_physician)):
        client = api_as(md)
        (told,) = fetch(client, world, count=1)
        body = {
            "idempotency_key": f"differ-{n}", "lease_token": told["lease_token"], "active_seconds": 3.0,
            "decision": "pick", "position": n,
        }  # fmt: skip
        orders = [c.mask_id for c in ReviewTask.objects.get(pk=told["id"]).candidates.order_by("position")]
        body["position"] = orders.index(masks[n].pk)
        assert client.post(f"/api/tasks/{told['id']}/selection", body).status_code == 201
    assert ReviewTask.objects.get(parent__isnull=False).shown_at == SIDE
