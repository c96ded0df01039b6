"""Addresses that no view answers."""

from __future__ import annotations

from django.test import Client


def test_an_unknown_address_of_the_api_answers_in_the_apis_shape(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["value"] == "/api/nothing"
