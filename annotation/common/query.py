"""What people ask for behind the question mark of an address."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.request import Request

from annotation.common.errors import InvalidInput

FORMAT = "format"
"""The framework's own, by which an answer's format is chosen."""


def query_check(request: Request, names: Iterable[str]) -> None:
    """Raises InvalidInput for a parameter that nobody reads: a filter misspelt would silently list everything."""
    valid = list(names)
    for name, value in request.query_params.items():
        if name not in valid and name != FORMAT:
            raise InvalidInput(
                f"there is no parameter {name!r} here", field=name, value=value[:200],
                remedy=f"use {', '.join(valid)}" if valid else "leave it out: this list takes none",
            )  # fmt: skip


def whole_number(text: str, name: str, least: int, most: int) -> int:
    """A parameter as the number that it is; raises InvalidInput."""
    if not text.isascii() or not text.isdigit() or not least <= int(text[:12]) <= most:
        raise InvalidInput(
            f"{name} is {text[:200]!r}", field=name, value=text[:200],
            remedy=f"use a whole number from {least} to {most}",
        )  # fmt: skip
    return int(text)
