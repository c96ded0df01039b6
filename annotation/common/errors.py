"""Domain errors: what went wrong, in which field, with which value, and what to do. One JSON shape for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self


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
        self.others: tuple[DomainError, ...] = ()
        self.headers: dict[str, str] = {}
        if code:
            self.code = code

    @classmethod
    def of(cls, errors: Sequence[Self]) -> Self:
        """All that is wrong with a request as one error: the first speaks, the others travel with it, each once."""
        first: Self = errors[0]
        # By identity: whoever has taken an error apart hands on the whole and its parts.
        each = {id(one): one for error in errors for one in error.each()}
        first.others = tuple(one for one in each.values() if one is not first)
        return first

    def each(self) -> list[DomainError]:
        """This error and those that travel with it."""
        return [self, *self.others]

    def _said(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": self.message}
        if self.field:
            body["field"] = self.field
        if self.value is not None:
            body["value"] = self.value
        if self.remedy:
            body["remedy"] = self.remedy
        return body

    def as_json(self) -> dict[str, Any]:
        """``{"error": {code, message, field?, value?, remedy?, detail?, problems?}}``.

        ``problems`` stands where more than one field is wrong, and lists every one of them.
        """
        body = {"code": self.code, **self._said()}
        if self.detail:
            body["detail"] = self.detail
        if self.others:
            body["problems"] = [one._said() for one in self.each()]
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


class Gone(DomainError):
    """It was there and was taken out for good."""

    status = 410
    code = "withdrawn"


class InvalidTransition(Conflict):
    """A state machine was asked for a move that it does not have."""

    code = "invalid_transition"
