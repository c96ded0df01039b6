"""What a parameter may be, written once beside its type: checked here, told to people by the API."""

from __future__ import annotations

import math
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Self

from annotation.common.errors import InvalidInput


class ProtocolError(InvalidInput):
    """A parameter of a protocol that cannot be; names the parameter, the value and what is valid."""

    code = "protocol"


def check(ok: bool, name: str, value: Any, valid: str) -> None:
    """Raises ProtocolError unless ``ok``."""
    if not ok:
        # A tree of networks as its names: an error travels as JSON.
        shown = [getattr(one, "name", one) or "?" for one in value] if isinstance(value, tuple) else value
        if isinstance(value, float) and not math.isfinite(value):
            shown = str(value)
        raise ProtocolError(f"{name} is {shown!r}", field=name, value=shown, remedy=f"use {valid}")


class Gathered:
    """Raises at its end the ProtocolErrors that were met, as one: people mend a form at once, not field by field."""

    def __init__(self) -> None:
        self._met: list[ProtocolError] = []

    def __enter__(self) -> Self:
        return self

    @contextmanager
    def here(self) -> Iterator[None]:
        """A ProtocolError raised within is kept for the end."""
        try:
            yield
        except ProtocolError as error:
            self._met.append(error)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._met:
            raise ProtocolError.of(self._met)


@dataclass(frozen=True)
class Rule:
    """Base of all rules; ``kind`` tells a page which control to show."""

    text: str
    """What is valid, as it follows "use"."""

    @property
    def kind(self) -> str:
        """``integer``, ``number``, ``choice``, ``choices``, ``switch``, ``networks``."""
        raise TypeError(f"{type(self).__name__} has no kind")

    def accepts(self, value: Any) -> bool:
        """Whether a value is valid; other types than the rule's own are not."""
        raise TypeError(f"{type(self).__name__} accepts nothing")

    def to_json(self) -> dict[str, Any]:
        """What a page needs beside ``kind`` and ``text``."""
        return {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Number(Rule):
    """A number between bounds. ``open_*``: the bound itself is not valid. ``empty``: None is valid too."""

    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    whole: bool = False
    multiple_of: int = 1
    empty: bool = False

    @property
    def kind(self) -> str:
        """Whole numbers are told from others."""
        return "integer" if self.whole else "number"

    def accepts(self, value: Any) -> bool:
        """In bounds, and a whole multiple where that is asked for."""
        if value is None:
            return self.empty
        if not _is_number(value) or value != value or (self.whole and not isinstance(value, int)):
            return False
        if self.minimum is not None and (value < self.minimum or (self.open_minimum and value == self.minimum)):
            return False
        if self.maximum is not None and (value > self.maximum or (self.open_maximum and value == self.maximum)):
            return False
        return not self.whole or value % self.multiple_of == 0

    def to_json(self) -> dict[str, Any]:
        """Bounds and step."""
        step = self.multiple_of if self.whole else None
        return {"minimum": self.minimum, "maximum": self.maximum, "step": step, "optional": self.empty}


def numbers_read(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with text that is a number, where a field wants one, as that number: YAML 1.1 takes ``1e-3``, without
    a point, for text."""
    read = dict(values)
    for name, rule in rules_of(kind).items():
        if isinstance(rule, Number) and isinstance(read.get(name), str):
            try:
                number = float(read[name])
            except ValueError:
                continue
            read[name] = int(number) if rule.whole and number.is_integer() else number
    return read


@dataclass(frozen=True)
class Choice(Rule):
    """One of some names; ``prefix`` admits any text that begins so, such as a file."""

    choices: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def kind(self) -> str:
        """With a prefix it is text with suggestions."""
        return "text" if self.prefix else "choice"

    def accepts(self, value: Any) -> bool:
        """One of the names, or text with the prefix."""
        if not isinstance(value, str):
            return False
        return value in self.choices or (bool(self.prefix) and value.startswith(self.prefix))

    def to_json(self) -> dict[str, Any]:
        """The names."""
        return {"choices": list(self.choices)}


@dataclass(frozen=True)
class Choices(Rule):
    """Any of some names, each at most once."""

    choices: tuple[str, ...] = ()
    kind = "choices"

    def accepts(self, value: Any) -> bool:
        """A tuple of different names."""
        return isinstance(value, tuple) and set(value) <= set(self.choices) and len(set(value)) == len(value)

    def to_json(self) -> dict[str, Any]:
        """The names."""
        return {"choices": list(self.choices)}


@dataclass(frozen=True)
class Switch(Rule):
    """Yes or no."""

    kind = "switch"

    def accepts(self, value: Any) -> bool:
        """True or false."""
        return isinstance(value, bool)


@dataclass(frozen=True)
class Networks(Rule):
    """Some networks; their own names are checked by ``Network``."""

    minimum: int = 1
    maximum: int = 24
    architectures: tuple[str, ...] = ()
    kind = "networks"

    def accepts(self, value: Any) -> bool:
        """As many as are needed, and no more than anybody means."""
        return isinstance(value, tuple) and self.minimum <= len(value) <= self.maximum

    def to_json(self) -> dict[str, Any]:
        """How many, and the architectures that there are."""
        return {"minimum": self.minimum, "maximum": self.maximum, "choices": list(self.architectures)}


def whole(minimum: int, text: str, *, maximum: int, multiple_of: int = 1) -> Number:
    """A whole number. The maximum lies where none can be meant: a slip of the finger would run for years."""
    return Number(text, minimum=minimum, maximum=maximum, multiple_of=multiple_of, whole=True)


SHARE = Number("a share from 0 to 1", minimum=0, maximum=1)


@cache
def rules_of(part: type) -> Mapping[str, Rule]:
    """The rule of each field that has one, by ``Annotated``."""
    found = {}
    for name, hint in typing.get_type_hints(part, include_extras=True).items():
        rule = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Rule)), None)
        if rule is not None:
            found[name] = rule
    return MappingProxyType(found)


def check_values(kind: type, values: Mapping[str, Any], prefix: str = "") -> None:
    """Raises ProtocolError with every value that the rule of its field does not accept."""
    with Gathered() as wrong:
        for name, rule in rules_of(kind).items():
            if name in values:
                with wrong.here():
                    check(rule.accepts(values[name]), f"{prefix}{name}", values[name], rule.text)


def check_rules(part: Any, prefix: str = "") -> None:
    """Raises ProtocolError with every field of a part whose value its rule does not accept."""
    check_values(type(part), vars(part), prefix)
