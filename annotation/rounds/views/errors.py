"""Answers that are no success, for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse


def _answer(status: int, description: str, **error: Any) -> OpenApiResponse:
    example = OpenApiExample(error["code"], value={"error": error}, response_only=True, status_codes=[str(status)])
    return OpenApiResponse(OpenApiTypes.OBJECT, description=description, examples=[example])


INVALID = _answer(
    400,
    "The project cannot start as it is.",
    code="invalid",
    message="3 seeds",
    field="seeds",
    value=3,
    remedy="import at least 10 films with masks as seeds",
)
NOT_ALLOWED = _answer(
    403,
    "You may see this, but not do it.",
    code="not_allowed",
    message="only an admin of the project may do this",
    remedy="ask one",
)
MISSING = _answer(
    404,
    "There is none, or none that you may see.",
    code="not_found",
    message="no such project, or none that you may see",
)
CONFLICT = _answer(
    409,
    "Not from here.",
    code="invalid_transition",
    message="the project is running; only one being set up can start",
)
ERRORS = {400: INVALID, 403: NOT_ALLOWED, 404: MISSING, 409: CONFLICT}
