"""Domain errors: what went wrong, in which field, with which value, and what to do. One JSON shape for all of them."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Base of all errors that a person can mend. ``status`` is the HTTP status of the answer."""

    status = 400
    code = "invalid"

    def __init__(
        self, message: str, *, field: str = "", value: Any = None, remedy: str = "", code: str = "", **detail: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.remedy = remedy
        self.detail = detail
        if code:
            self.code = code

    def as_json(self) -> dict[str, Any]:
        """``{"error": {code, message, field?, value?, remedy?, detail?}}``."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field:
            body["field"] = self.field
        if self.value is not None:
            body["value"] = self.value
        if self.remedy:
            body["remedy"] = self.remedy
        if self.detail:
            body["detail"] = self.detail
        return {"error": body}


class InvalidInput(DomainError):
    """A value that cannot be used."""


class NotAllowed(DomainError):
    """The person may see the object but not do this."""

    status = 403
    code = "not_allowed"


class Missing(DomainError):
    """No such object, or none that this person may see."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """The object is not as the caller believed: a colleague was faster, a lease ran out, a key was used twice."""

    status = 409
    code = "conflict"


class InvalidTransition(Conflict):
    """A state machine was asked for a move that it does not have."""

    code = "invalid_transition"
