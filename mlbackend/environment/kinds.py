"""What a setting may hold: each kind reads a text, or says in words what it expects."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class Unfit(ValueError):
    """A text that is not of this kind; the words say what would be."""


@dataclass(frozen=True)
class Kind:
    """``words`` describe the kind for the page of settings; ``parse`` reads a text or raises Unfit."""

    words: str
    parse: Callable[[str], Any]


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise Unfit("use 1 or 0")


TEXT = Kind("text", str)
FLAG = Kind("1 or 0", _flag)
FOLDER = Kind("folder", str)
FILE = Kind("path of a file", str)
NAMES = Kind("comma separated", lambda text: [part.strip() for part in text.split(",") if part.strip()])


def _limits(lowest: float | None, highest: float | None) -> str:
    if lowest is not None and highest is not None:
        return f"{lowest:g} to {highest:g}"
    return f"{lowest:g} or more" if lowest is not None else f"at most {highest:g}"


def _bounded(convert: Callable[[str], float], noun: str, lowest: float | None, highest: float | None) -> Kind:
    words = noun if lowest is None and highest is None else f"{noun}, {_limits(lowest, highest)}"

    def parse(text: str) -> float:
        try:
            value = convert(text)
        except ValueError:
            raise Unfit(f"use a {words}") from None
        # Written so that a NaN fails too.
        if not (lowest is None or value >= lowest) or not (highest is None or value <= highest):
            raise Unfit(f"use a {words}")
        return value

    return Kind(words, parse)


def whole(lowest: int | None = None, highest: int | None = None) -> Kind:
    """A whole number between two limits, both included."""
    return _bounded(int, "whole number", lowest, highest)


def seconds(lowest: float = 0) -> Kind:
    """A duration in seconds, not shorter than ``lowest``."""
    return _bounded(float, "number of seconds", lowest, None)


def share() -> Kind:
    """A number from 0 to 1."""
    return _bounded(float, "number", 0, 1)


def choice(*valid: str) -> Kind:
    """One of some words, however they are capitalised; read as they are written here."""
    by_name = {one.lower(): one for one in valid}
    words = ", ".join(valid)

    def parse(text: str) -> str:
        if text.lower() not in by_name:
            raise Unfit(f"use one of {words}")
        return by_name[text.lower()]

    return Kind(f"one of {words}", parse)


def matching(pattern: str, words: str) -> Kind:
    """A text that matches the whole pattern, whatever its case; read in small letters."""

    def parse(text: str) -> str:
        if re.fullmatch(pattern, text.lower()) is None:
            raise Unfit(f"use {words}")
        return text.lower()

    return Kind(words, parse)


def long_text(shortest: int) -> Kind:
    """A secret that is not guessed."""

    def parse(text: str) -> str:
        if len(text) < shortest:
            raise Unfit(f"use {shortest} characters or more, for example from: openssl rand -hex 32")
        return text

    return Kind(f"text, {shortest} characters or more", parse)


def url(*schemes: str) -> Kind:
    """A URL of one of some schemes."""
    words = "URL: " + ", ".join(f"`{scheme}://`" for scheme in schemes)

    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise Unfit("use a URL that begins with " + " or ".join(f"{scheme}://" for scheme in schemes))
        return text

    return Kind(words, parse)


def _networks(text: str) -> list[Any]:
    try:
        return [ipaddress.ip_network(part) for part in NAMES.parse(text)]
    except ValueError:
        raise Unfit("use addresses or networks such as 10.1.2.3 or 10.1.0.0/16, comma separated") from None


NETWORKS = Kind("addresses or networks, comma separated", _networks)
