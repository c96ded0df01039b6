"""docker/compose.yml as docker compose would read it: merged, with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

DOCKER = Path(__file__).resolve().parents[2] / "docker"
NEEDED = {
    "GROUNDWORK_HOST": "films.hospital.example",
    "SECRET_KEY": "s" * 60,
    "PSEUDONYM_KEYS": "k1:" + "q" * 64,
    "POSTGRES_PASSWORD": "p" * 32,
    "REDIS_PASSWORD": "r" * 32,
    "STORAGE_SECRET": "f" * 32,
    "METRICS_TOKEN": "m" * 32,
}
"""What docker/.env must hold."""


class MissingVariable(Exception):
    """docker compose would stop with these words."""


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with ``$$``, ``${A}``, ``${A:-default}`` and ``${A:?words}`` read as docker compose reads them."""
    out, at = "", 0
    while at < len(text):
        if text.startswith("$$", at):
            out, at = out + "$", at + 2
        elif text.startswith("${", at):
            end = _closing(text, at)
            out, at = out + _value(text[at + 2 : end], values), end + 1
        else:
            out, at = out + text[at], at + 1
    return out


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        if text.startswith("${", at):
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at
    raise ValueError(f"no closing brace: {text[start:]}")


def _value(inner: str, values: Mapping[str, str]) -> str:
    match = re.fullmatch(r"(\w+)(?:(:-|:\?)(.*))?", inner, re.DOTALL)
    assert match is not None, inner
    name, way, rest = match.groups()
    if found := values.get(name, ""):
        return found
    if way == ":?":
        raise MissingVariable(rest)
    return fill_in(rest, values) if way == ":-" else ""


def variables(text: str) -> Iterator[tuple[str, str, str]]:
    """Each variable of a compose file as (name, ``:-`` or ``:?`` or nothing, what follows up to the next brace)."""
    yield from re.findall(r"(?<!\$)\$\{(\w+)(:-|:\?)?([^}$]*)", text)


class Compose:
    """One compose file with the values of one ``.env``."""

    def __init__(self, name: str = "compose.yml", **values: str) -> None:
        self.text = (DOCKER / name).read_text()
        self.raw: dict[str, Any] = yaml.safe_load(self.text)
        self.values = {**NEEDED, **values}
        self.services: dict[str, dict[str, Any]] = self.raw["services"]

    def filled(self, part: Any) -> Any:
        """A part of the file with its variables filled in."""
        if isinstance(part, str):
            return fill_in(part, self.values)
        if isinstance(part, dict):
            return {key: self.filled(value) for key, value in part.items()}
        return [self.filled(one) for one in part] if isinstance(part, list) else part

    def environment(self, service: str) -> dict[str, str]:
        """What the service's process finds in its environment, that of its image included."""
        built = self.services[service].get("build")
        own = image_environment(built["dockerfile"]) if built else {}
        given = self.filled(self.services[service].get("environment", {}))
        return own | {name: str(value) for name, value in given.items()}

    def command(self, service: str) -> list[str]:
        """The service's command."""
        return [str(part) for part in self.filled(self.services[service]["command"])]

    def health(self, service: str) -> list[str]:
        """The command that checks the service's health."""
        test = self.filled(self.services[service]["healthcheck"]["test"])
        assert test[0] == "CMD"
        return [str(part) for part in test[1:]]


def instructions(path: Path) -> list[tuple[str, str]]:
    """A Dockerfile's instructions in order, as (name, the rest)."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split()[0].upper(), line.split(maxsplit=1)[1]) for line in whole.splitlines() if line.strip()]


def image_environment(dockerfile: str) -> dict[str, str]:
    """What the ENV instructions of a Dockerfile set, PATH left out."""
    found: dict[str, str] = {}
    for name, rest in instructions(DOCKER.parent / dockerfile):
        if name == "ENV":
            found |= dict(pair.split("=", 1) for pair in rest.split())
    found.pop("PATH", None)
    return found
