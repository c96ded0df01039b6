"""What all messages share: to and from plain JSON types, every field checked by name and type."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from enum import StrEnum
from typing import Any, Self


class Split(StrEnum):
    """What a training sample is used for. Test films never travel to a worker for training."""

    TRAIN = "train"
    VALIDATION = "validation"
    GROWN = "grown"
    """Validation films that came with later batches: scored at the end, neither learnt nor selected on."""


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ContractError(ValueError):
    """A message that does not fit its contract; names the field, the value and what is expected."""


class Message:
    """Base of all messages: to and from plain JSON types, with every field checked by name and type."""

    def to_json(self) -> dict[str, Any]:
        """Plain dict of JSON types."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: Any, at: str = "") -> Self:
        """Build from JSON; raises ContractError with the path of the first field that does not fit."""
        where = at or cls.__name__
        if not isinstance(data, dict):
            raise ContractError(f"{where}: expected an object, got {type(data).__name__}")
        hints, names = _fields(cls)  # type: ignore[arg-type]
        unknown = sorted(data.keys() - names)
        if unknown:
            raise ContractError(f"{where}: unknown field {unknown[0]!r}; valid fields are {', '.join(sorted(names))}")
        # Most values have their plain type: the scores of a benchmark are a million messages.
        values = {
            name: value if type(value) is hints[name] else _read(hints[name], value, f"{where}.{name}")
            for name, value in data.items()
        }
        try:
            return cls(**values)
        except TypeError as error:
            raise ContractError(f"{where}: {error}") from error


@functools.cache
def _fields(cls: Any) -> tuple[dict[str, Any], frozenset[str]]:
    return typing.get_type_hints(cls), frozenset(f.name for f in dataclasses.fields(cls))


def _read(kind: Any, value: Any, at: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        kinds = [a for a in args if a is not type(None)]
        return _read(kinds[0], value, at)
    if origin in (list, tuple):
        if not isinstance(value, list | tuple):
            raise ContractError(f"{at}: expected a list, got {value!r}")
        items = [_read(args[0], item, f"{at}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin is dict:
        if not isinstance(value, dict):
            raise ContractError(f"{at}: expected an object, got {value!r}")
        return {key: _read(args[1], item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, Message):
        return kind.from_json(value, at)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(value)
        except ValueError as error:
            raise ContractError(f"{at}: {value!r} is none of {', '.join(kind)}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ContractError(f"{at}: expected {kind.__name__}, got {value!r}")
    return value
