"""What a queue's answers hold and do not hold: nothing that tells a network or a probe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from annotation.masks.models import Mask, ModelVersion
from annotation.reviews.models import ReviewTask
from tests.annotation.reviews.asking import fetch
from tests.annotation.reviews.world import World, verdict

Client = Callable[[Any], Any]


def walk(value: Any) -> Iterator[str]:
    """All keys and values of a JSON document as text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)
    else:
        yield str(value)


def test_a_blind_choice_holds_nothing_that_leads_to_the_network(world: World, api_as: Client) -> None:
    world.selections(count=2)
    client = api_as(world.annotator)
    answer = client.post(f"/api/projects/{world.project.slug}/queue/next", {"count": 2})
    texts = [*walk(answer.json()), *(str(value) for pair in answer.headers.items() for value in pair)]
    banned = {"secret", "unet", "0.777"}
    for model in ModelVersion.objects.all():
        banned |= {str(model.pk), str(model.job_id), model.encoder}
    for mask in Mask.objects.all():
        banned |= {mask.sha256, mask.storage_key, str(mask.model_version_id)}
    for task in ReviewTask.objects.select_related("project_image__image__patient", "project_image__image__source"):
        image = task.project_image.image
        banned |= {str(task.project_image_id), image.sha256, image.file_name, image.label, image.rendition_key}
        banned |= {str(image.patient_id), image.patient.identifier, image.source.name}
    for text in texts:
        assert not [word for word in banned if word in text], text
    assert not {"sha256", "confidence", "is_probe", "network", "model", "round", "replica"} & set(texts)


def test_tie_numbers_follow_the_order_shown_not_that_of_the_networks(world: World, api_as: Client) -> None:
    world.selections(count=6)
    tasks = fetch(api_as(world.annotator), world, count=6)
    orders = set()
    for task in tasks:
        assert [candidate["position"] for candidate in task["candidates"]] == [0, 1, 2, 3, 4, 5]
        assert [candidate["tie"] for candidate in task["candidates"]] == [0, 1, 2, 3, 4, 5]
        stored = ReviewTask.objects.get(pk=task["id"]).candidates.order_by("position")
        assert [c["url"] for c in task["candidates"]] == [f"/api/masks/{c.mask_id}/pixels" for c in stored]
        orders.add(tuple(c.mask.model_version.encoder for c in stored))  # type: ignore[union-attr]
    assert len(orders) > 1, "each film has an order of its own"


def test_a_probe_looks_like_any_other_task(world: World, api_as: Client) -> None:
    world.probes(count=3)
    tasks = fetch(api_as(world.annotator), world, count=6)
    probes = {str(pk) for pk in ReviewTask.objects.filter(is_probe=True).values_list("pk", flat=True)}
    shapes = {(task["id"] in probes): {key: type(value) for key, value in task.items()} for task in tasks}
    assert shapes[True] == shapes[False]


def test_what_a_reviewer_sees_of_the_project_moves_alike_after_a_probe_and_after_any_other_film(
    world: World, api_as: Client
) -> None:
    world.probes(count=2)
    client, address = api_as(world.annotator), f"/api/projects/{world.project.slug}/progress"
    before = client.get(address).json()
    for task in world.lease(world.annotator, count=4):
        verdict(world.annotator, task, "accept")
        assert client.get(address).json() == before
    assert api_as(world.researcher).get(address).json() != before
