"""The OpenAPI schema and its page."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.one_database


def test_the_schema_is_valid_and_warns_of_nothing(tmp_path: object) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/schema.yaml")


def test_the_schema_is_served(client: Client, db: None) -> None:
    response = client.get("/api/schema", {"format": "json"})
    assert response.status_code == 200
    paths = response.json()["paths"]
    for path in ("/api/sign-in", "/api/projects/{slug}/members", "/api/projects/{slug}/datasets/{number}/download"):
        assert path in paths


def test_the_page_needs_no_other_host(client: Client, db: None) -> None:
    response = client.get("/api/docs")
    assert response.status_code == 200
    page = response.content.decode()
    loaded = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']+)", page)
    assert loaded
    assert [url for url in loaded if "//" in url] == []
    for url in loaded:
        if url.startswith("/static/"):
            assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("path", ["/api/projects", "/api/me", "/api/people", "/api/tokens", "/api/protocols"])
def test_strangers_get_a_401_in_the_houses_shape(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "not_authenticated"
