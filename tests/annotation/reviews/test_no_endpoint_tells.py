"""Every GET of the API's own schema, asked by those who review, while a blind choice is open: nothing names a network.

New endpoints are walked without being named here. An id is tried with every id that the world has, a number with 1: an
address that no view answers, such as one with an id where a number must stand, tells nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.images.models import ProjectImage
from annotation.jobs.models import Job
from annotation.masks.models import Mask, ModelVersion
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, TaskCandidate
from tests.annotation.reviews.world import World
from tests.factories import member

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SCORE = 0.8642013579
CONFIDENCE = 0.777


def endpoints() -> list[tuple[str, dict[str, str]]]:
    """Paths that can be read, each with its parameters and their kinds: ``uuid``, ``integer`` or ``string``."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = []
    for path, verbs in schema["paths"].items():
        if "get" in verbs:
            given = {one["name"]: one["schema"] for one in verbs["get"].get("parameters", []) if one["in"] == "path"}
            names = re.findall(r"{(\w+)}", path)
            found.append((path, {name: given[name].get("format", given[name]["type"]) for name in names}))
    return found


def addresses(path: str, parameters: dict[str, str], slug: str, ids: list[str]) -> Iterator[str]:
    """The path with each id in each place that takes one. Words beside other parameters are no ids: one is enough."""
    words = ids if len(parameters.keys() - {"slug"}) == 1 else ids[:1]
    kinds = {"uuid": ids, "integer": ["1"], "string": words}
    for values in itertools.product(*[[slug] if name == "slug" else kinds[kind] for name, kind in parameters.items()]):
        yield path.format(**dict(zip(parameters, values, strict=True)))


def read_all(client: APIClient, world: World) -> dict[str, str]:
    """Body and headers of every answer, of success and of refusal, by address."""
    films = ProjectImage.objects.filter(project=world.project)
    ids = {str(key) for pair in films.values_list("pk", "image_id") for key in pair}
    for model in (ReviewTask, Mask, ModelVersion, Job, User):
        ids |= {str(key) for key in model.objects.values_list("pk", flat=True)}  # type: ignore[attr-defined]
    ids |= {str(world.project.pk), str(world.batch.pk), str(world.round.pk)}
    answers = {}
    for path, parameters in endpoints():
        if path in {"/api/schema", "/api/docs"}:
            continue
        for address in addresses(path, parameters, world.project.slug, sorted(ids)):
            answer = client.get(address)
            body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
            told = f"{dict(answer.headers)} {body.decode('latin-1')}"
            answers[f"{answer.status_code} {address}"] = told
    return answers


@pytest.fixture
def open_choices(world: World) -> World:
    """Two blind choices and a verdict, the first leased to the annotator."""
    world.selections(2)
    world.verdicts(1)
    ModelVersion.objects.update(validation_dsc=SCORE)
    world.lease(world.annotator, count=3)
    return world


@pytest.mark.parametrize("role", ["annotator", "physician"])
def test_no_endpoint_that_a_reviewer_may_read_names_a_network_or_a_score(
    open_choices: World, api_as: Callable[[Any], APIClient], role: str
) -> None:
    world = open_choices
    answers = read_all(api_as(getattr(world, role)), world)
    read = [address for address in answers if address.startswith("200 ")]
    assert len({re.sub(r"[0-9a-f-]{36}", "ID", address) for address in read}) >= 6, read
    if role == "annotator":
        masks = TaskCandidate.objects.values_list("mask", flat=True)
        assert all(f"200 /api/masks/{key}/pixels" in answers for key in masks), "the holder sees what he judges"
    secrets = {"secret": "the network's name", str(SCORE): "its score", str(CONFIDENCE): "a mask's confidence"}
    for model in ModelVersion.objects.all():
        secrets |= {
            str(model.pk): "a network's id",
            str(model.job_id): "its training",
            model.weights_key: "its weights",
        }
    for mask in Mask.objects.all():
        secrets |= {mask.sha256: "a mask's hash", mask.storage_key: "a mask's file"}
    for address, told in answers.items():
        # An answer may repeat the address that was asked for.
        told = told.replace(address.split()[1].rsplit("/", 1)[-1], "")
        for secret, what in secrets.items():
            assert secret in address or secret not in told, f"{address} tells {what}"


def test_no_endpoint_ties_a_mask_to_its_network_for_a_reviewer_who_is_a_researcher_too(
    open_choices: World, api_as: Callable[[Any], APIClient]
) -> None:
    world = open_choices
    both = member(world.project, Role.ANNOTATOR, Role.RESEARCHER)
    answers = read_all(api_as(both), world)
    masks = {str(key) for key in TaskCandidate.objects.values_list("mask", flat=True)}
    masks |= set(Mask.objects.filter(pk__in=masks).values_list("sha256", flat=True))
    models = {str(key) for key in ModelVersion.objects.values_list("pk", flat=True)}
    assert any(any(model in told for model in models) for told in answers.values()), "a researcher sees the networks"
    for address, told in answers.items():
        if not address.startswith("200 "):
            continue
        shown = [key for key in masks if key in told or key in address]
        named = [key for key in models if key in told or key in address]
        assert not (shown and (named or "secret" in told)), f"{address} ties a mask to a network"
