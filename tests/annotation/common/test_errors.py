"""What the API says of a request that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.projects.models import Project
from tests.factories import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
ApiAs = Callable[[Any], APIClient]
PROJECT = {"slug": "chest", "name": "Chest", "target": "lung", "convention": "heart_out", "protocol": "covid-qu"}


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_a_field_that_nobody_reads_is_refused_by_name(api_as: ApiAs) -> None:
    found = error(
        api_as(SuperuserFactory()).post("/api/projects", {**PROJECT, "parameters": {"II.batch_size": 4}}), 400
    )
    assert found["field"] == "parameters"
    assert "overrides" in found["message"]
    assert not Project.objects.exists()


def test_a_wrong_value_comes_back_with_its_field_and_a_remedy(api_as: ApiAs) -> None:
    found = error(api_as(SuperuserFactory()).post("/api/projects", {**PROJECT, "target": "heart"}), 400)
    assert (found["field"], found["value"]) == ("target", "heart")
    assert found["remedy"]


def test_a_password_never_comes_back(api: APIClient) -> None:
    answer = api.post("/api/tokens", {"username": "x" * 200, "password": "a secret phrase"})
    assert error(answer, 400)["field"] == "username"
    assert "secret" not in answer.content.decode()


def test_broken_json_and_a_list_are_errors_of_the_body(api_as: ApiAs) -> None:
    client = api_as(UserFactory())
    broken = client.generic("POST", "/api/tokens", "{", content_type="application/json")
    assert error(broken, 400)["field"] == "body"
    assert error(client.post("/api/tokens", [1, 2]), 400)["field"] == "body"


def test_a_stranger_is_told_how_to_sign_in(api: APIClient) -> None:
    found = error(api.get("/api/projects"), 401)
    assert found["field"] == "Authorization"
    assert "Bearer" in found["remedy"]


def test_a_missing_csrf_token_says_where_it_is_had() -> None:
    found = error(APIClient(enforce_csrf_checks=True).post("/api/sign-in", {"username": "a", "password": "b"}), 403)
    assert "/api/csrf" in found["remedy"]
