"""A parameter that nobody reads is refused: a filter misspelt would silently list everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from rest_framework.generics import ListAPIView
from rest_framework.test import APIClient

from annotation.common.pagination import Pagination
from tests.factories import ProjectFactory, RoundFactory, SuperuserFactory

pytestmark = pytest.mark.django_db
ApiAs = Callable[[Any], APIClient]


def views(patterns: list[Any]) -> list[Any]:
    found: list[Any] = []
    for one in patterns:
        if isinstance(one, URLResolver):
            found += views(one.url_patterns)
        elif isinstance(one, URLPattern) and hasattr(one.callback, "cls"):
            found.append(one.callback.cls)
    return found


def test_every_list_pages_by_the_one_pagination() -> None:
    lists = [view for view in views(get_resolver().url_patterns) if issubclass(view, ListAPIView)]
    assert len(lists) > 5
    assert {view.pagination_class for view in lists if view.pagination_class is not None} == {Pagination}


@pytest.mark.parametrize(
    ("path", "valid"),
    [
        ("projects", "use archived, limit, offset"),
        ("people", "use limit, offset"),
        ("tokens", "use limit, offset"),
        ("projects/chest/members", "use limit, offset"),
        ("projects/chest/guide/versions", "use limit, offset"),
        ("projects/chest/images", "use role, state, split, label, source, quality, limit, offset"),
        ("projects/chest/jobs", "use limit, offset"),
        ("projects/chest/datasets", "use limit, offset"),
        ("projects/chest/screening", "use state, suggestion, view, quality, source, label, limit, offset"),
        ("projects/chest/films", "label"),
        ("projects/chest/films/counts", "label"),
        ("rounds/{round}/films", "use limit, offset"),
    ],
)
def test_an_unknown_parameter_of_a_list_is_named_with_the_valid_ones(path: str, valid: str, api_as: ApiAs) -> None:
    round_ = RoundFactory(project=ProjectFactory(slug="chest"))
    client = api_as(SuperuserFactory())
    address = f"/api/{path.format(round=round_.pk)}"
    assert client.get(address).status_code == 200
    answer = client.get(address, {"colour": "red"})
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (400, "colour")
    assert valid in f"{error['message']} {error['remedy']}"


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "0"}, {"offset": "-1"}])
def test_a_page_that_cannot_be_is_refused(query: dict[str, str], api_as: ApiAs) -> None:
    answer = api_as(SuperuserFactory()).get("/api/projects", query)
    (name,) = query
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, name)
    assert "whole number" in answer.json()["error"]["remedy"]


def test_a_limit_beyond_the_largest_page_gives_the_largest_page(api_as: ApiAs) -> None:
    assert api_as(SuperuserFactory()).get("/api/projects", {"limit": "100000"}).status_code == 200
