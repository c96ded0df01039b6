"""Whoever sets a project up is told all that is wrong at once, and cannot enter what nobody means."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver
from rest_framework.test import APIClient

from annotation.common.errors import DomainError
from annotation.projects.models import Project
from annotation.projects.services import protocol_resolve
from annotation.projects.services.create import RESERVED_SLUGS
from tests.factories import ProjectFactory, UserFactory

ApiAs = Callable[[Any], APIClient]
BODY = {"slug": "chest", "name": "Chest", "target": "lung", "convention": "heart_out", "protocol": "covid-qu"}


def refused(api_as: ApiAs, **changes: Any) -> dict[str, dict[str, Any]]:
    """What is wrong, by field."""
    answer = api_as(UserFactory(is_staff=True)).post("/api/projects", {**BODY, **changes}, format="json")
    assert 400 <= answer.status_code < 500, answer.content
    error = answer.json()["error"]
    problems = error.get("problems", [error])
    assert problems[0]["message"] == error["message"]
    told = [(one.get("field"), one["message"]) for one in problems]
    assert len(told) == len(set(told)), "a thing that is wrong is told once"
    return {one["field"]: one for one in problems}


@pytest.mark.django_db
def test_all_that_is_wrong_is_said_at_once_each_thing_for_its_field(api_as: ApiAs) -> None:
    ProjectFactory(slug="taken")
    found = refused(
        api_as, slug="taken", name="", convention="infection", random_seed="many",
        overrides={
            "I": {"networks": [{"architecture": "vgg", "encoder": "resnet 18"}]},
            "II": {"batch_size": "forty", "replicas": 10},
            "training": {"epochs": 10**9, "learning_rate": 0},
            "postprocess": "wash",
        },
    )  # fmt: skip
    assert set(found) == {
        "slug", "name", "convention", "random_seed", "I.networks[0].architecture", "I.networks[0].encoder",
        "II.batch_size", "II.replicas", "training.epochs", "training.learning_rate", "postprocess",
    }  # fmt: skip
    assert all(one["remedy"] for one in found.values())
    assert found["training.epochs"]["remedy"] == "use 0 to 10000"
    assert Project.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "overrides",
    [
        {"I": {"validation_fraction": 7}, "training": {"epochs": "abc"}},
        {"I": {"validation_fraction": 7}, "training": {"image_size": 100}},
        {"training": {"epochs": "abc", "image_size": 100}, "II": {"batch_size": 0}},
    ],
)
def test_each_wrong_entry_is_told_once_whatever_stands_before_it(api_as: ApiAs, overrides: dict[str, Any]) -> None:
    found = refused(api_as, overrides=overrides)
    assert set(found) == {f"{part}.{name}" for part, values in overrides.items() for name in values}


@pytest.mark.django_db
def test_nobody_reads_of_types_in_a_message(api_as: ApiAs) -> None:
    found = refused(api_as, overrides={"II": {"batch_size": "many"}, "training": {"loss": 3, "epochs": True}})
    assert {"II.batch_size", "training.loss", "training.epochs"} == set(found)
    assert found["II.batch_size"]["remedy"] == "use 1 to 100000"
    for one in found.values():
        assert not re.search(r"\b(type|int|str|float|bool)\b", one["remedy"])


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["new", "NEW", "api", "admin", "-x", "_"])
def test_a_short_name_that_would_be_taken_for_something_else_is_refused(api_as: ApiAs, slug: str) -> None:
    found = refused(api_as, slug=slug)
    assert set(found) == {"slug"}
    assert found["slug"]["remedy"]
    assert not Project.objects.exists()


def test_every_first_word_of_an_address_is_reserved() -> None:
    routes = Path(settings.BASE_DIR, "frontend/src/app/routes.ts").read_text(encoding="utf-8")
    words = set(re.findall(r"'/([a-z-]+)", routes))
    words |= {str(one.pattern).split("/")[0] for one in get_resolver().url_patterns if str(one.pattern)[:1] != "^"}
    assert words
    assert words <= RESERVED_SLUGS


@pytest.mark.parametrize(
    ("part", "name", "most"),
    [
        ("training", "epochs", 10_000), ("training", "batch_size", 1024), ("training", "learning_rate", 1),
        ("training", "early_stopping", 10_000), ("training", "threads", 256), ("I", "minimum_seeds", 100_000),
        ("II", "total", 1_000_000), ("II", "undo_grace_seconds", 86_400),
    ],
)  # fmt: skip
def test_a_number_that_nobody_means_is_refused_and_the_largest_one_taken(part: str, name: str, most: int) -> None:
    protocol_resolve(name="covid-qu", overrides={part: {name: most}})
    for value in (most + 1, float("inf")):
        with pytest.raises(DomainError) as caught:
            protocol_resolve(name="covid-qu", overrides={part: {name: value}})
        assert caught.value.field == f"{part}.{name}"
        assert f"{most}" in caught.value.remedy
