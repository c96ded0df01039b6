"""Answers of the queue that are no success, for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse


def _answer(status: int, description: str, *examples: tuple[str, dict[str, Any]]) -> OpenApiResponse:
    return OpenApiResponse(
        OpenApiTypes.OBJECT,
        description=description,
        examples=[
            OpenApiExample(name, value={"error": error}, response_only=True, status_codes=[str(status)])
            for name, error in examples
        ],
    )


INVALID = _answer(
    400,
    "A value cannot be used.",
    (
        "reason missing",
        {
            "code": "invalid",
            "message": "comment is empty",
            "field": "comment",
            "value": "",
            "remedy": "say why the film cannot be used",
        },
    ),
)
NOT_ALLOWED = _answer(
    403,
    "You may see this, but not do it.",
    (
        "never leased",
        {
            "code": "not_allowed",
            "message": "you were never given this task",
            "field": "lease_token",
            "remedy": "ask the queue for the next task first",
        },
    ),
)
MISSING = _answer(
    404,
    "There is no such task, or none of yours.",
    ("no such task", {"code": "not_found", "message": "no such task, or none that you may work on"}),
)
CONFLICT = _answer(
    409,
    "Things are not as you believed.",
    (
        "key used twice",
        {
            "code": "idempotency_key_reused",
            "message": "this idempotency key was used for another act",
            "field": "idempotency_key",
            "remedy": "send a fresh key with every new act",
        },
    ),
    (
        "a colleague was faster",
        {"code": "lease_lost", "message": "a colleague has this task now", "remedy": "ask for the next one"},
    ),
    (
        "paused",
        {"code": "paused", "message": "the project is paused", "remedy": "wait until an admin resumes it"},
    ),
)
ERRORS = {400: INVALID, 403: NOT_ALLOWED, 404: MISSING, 409: CONFLICT}
