"""Requests made from the API's own schema, right ones and wrong ones: none of them breaks the platform."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from rest_framework.test import APIClient
from rest_framework.utils.encoders import JSONEncoder
from schemathesis import GenerationMode

from annotation.config.api_page import _schema
from tests.annotation.access.fuzz import FACTOR, tried
from tests.annotation.access.table import SUPERUSER
from tests.annotation.access.town import Town

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PARAMETERS = {
    "slug": "slug", "image_id": "image", "mask_id": "mask", "import_id": "import_id", "member_id": "member",
    "person_id": "person", "token_id": "token", "model_id": "model", "round_id": "round", "job_id": "job",
    "map_id": "map",
}  # fmt: skip
"""Names in addresses that stand for one object wherever they come."""
OBJECTS = {
    ("number", "datasets"): "dataset", ("number", "findings"): "finding", ("number", "benchmarks"): "benchmark",
    ("task_id", "correction"): "correction", ("task_id", "adjudication"): "adjudication",
    ("task_id", "selection"): "selection", ("task_id", "verification"): "verification", ("task_id", "undo"): "accepted",
    ("image_id", "set-aside"): "aside",
}  # fmt: skip
"""Those that depend on a word of the address."""
SERVED = {"/api/sign-out"}
"""Left out: it ends the session that all other requests use."""


def operations() -> list[Any]:
    """Every operation of the schema that the platform serves."""
    told = json.loads(json.dumps(_schema("0.1.0"), cls=JSONEncoder))
    found = schemathesis.openapi.from_dict(told).get_all_operations()
    return [one for one in (result.ok() for result in found) if one.path not in SERVED]


def real(case: Any, town: Town) -> dict[str, Any]:
    """The case's parameters of the address, those of objects of the town in their place."""
    words = case.operation.path.split("/")
    found = {}
    for name, made in case.path_parameters.items():
        key = next((key for (parameter, word), key in OBJECTS.items() if parameter == name and word in words), None)
        key = key or PARAMETERS.get(name) or ("verdict" if name == "task_id" else None)
        found[name] = str(town.left.names[key]) if key else made
    return found


def send(case: Any, town: Town, actor: str, *, known: bool) -> Any:
    """The request as the actor, undone when it was answered; ``known``: about objects that there are."""
    if known and case.path_parameters:
        case.path_parameters = real(case, town)
    if known and isinstance(case.body, dict) and "lease_token" in case.body:
        task = next((name for name in town.left.leases if f"/{name}" in case.operation.path), "verdict")
        case.body["lease_token"] = town.left.leases[task]
    try:
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    except (UnicodeError, ValueError, requests.RequestException):
        return None  # no client could send this
    body = prepared.body or b""
    with transaction.atomic():
        client = APIClient(raise_request_exception=True)
        client.cookies["sessionid"] = town.sessions[actor]
        answer = client.generic(
            prepared.method or "GET", prepared.path_url, body.encode() if isinstance(body, str) else body,
            content_type=prepared.headers.get("Content-Type", "application/json"),
        )  # fmt: skip
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("actor", [SUPERUSER, "annotator"])
def test_no_request_that_the_schema_can_make_breaks_the_platform(town: Town, actor: str) -> None:
    broken: list[str] = []
    answers: list[int] = []

    def try_all(operation: Any) -> None:
        right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        def one(case: Any, known: bool) -> None:
            answer = send(case, town, actor, known=known)
            if answer is not None:
                answers.append(answer.status_code)
                assert answer.status_code < 500, answer.content

        for cases in (right, wrong) if FACTOR > 1 else (right if actor == SUPERUSER else wrong,):
            try:
                tried(2)(given(case=cases, known=st.sampled_from([True, True, True, False]))(one))()
            except Unsatisfiable:
                continue  # nothing about this operation can be wrong
            except Exception as error:
                broken.append(f"{operation.label}: {type(error).__name__}: {error}"[:1500])

    # In CI the one who may most sends what is right to one half, the other what is wrong to the other half; by make
    # fuzz both send both to all.
    for operation in operations() if FACTOR > 1 else operations()[actor != SUPERUSER :: 2]:
        try_all(operation)
    assert not broken, "\n".join(broken)
    assert len(answers) > 40
    if actor == SUPERUSER:
        assert sum(status < 400 for status in answers) > 15
