"""The protocols by name: a YAML file each, here and in the folder that ``PROTOCOLS_DIR`` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from annotation.projects.models import Target
from annotation.projects.protocol.rules import Gathered, ProtocolError, check
from annotation.projects.protocol.schema import Protocol
from annotation.projects.protocol.stages import Stage
from annotation.projects.protocol.training import Training

OWN = Path(__file__).parent
ENDINGS = (".yaml", ".yml")
NAME = re.compile(r"\S{1,64}")
TARGET_DEFAULTS: dict[str, dict[str, Any]] = {"infection": {"postprocess": "none"}}
"""What a protocol starts from otherwise where another target than the lungs is drawn: dropping regions under 5 % of the
mask would drop small infections."""


@dataclass(frozen=True)
class Entry:
    """A protocol as people choose it."""

    protocol: Protocol
    explanation: str
    target: str = ""
    """What it is meant for, ``infection`` say: chosen already where a project is made. Empty: for any target alike."""


def catalogue() -> Mapping[str, Entry]:
    """All protocols that a project can be made of, by name.

    Raises ProtocolError that names the file and the field where one cannot be read.
    """
    folder = settings.PROTOCOLS_DIR
    return _read(str(folder) if folder else "")


@lru_cache(maxsize=4)
def _read(folder: str) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for place in (OWN, *([Path(folder)] if folder else [])):
        if not place.is_dir():
            raise ProtocolError(
                f"there is no folder {place}", field="PROTOCOLS_DIR", value=str(place),
                remedy="make it, or name another one",
            )  # fmt: skip
        for path in sorted(one for one in place.iterdir() if one.suffix in ENDINGS):
            entry = read_protocol(_text(path), path.name)
            name = entry.protocol.name
            if name in found:
                raise ProtocolError(
                    f"{path.name}: there is a protocol {name!r} already", field="name", value=name,
                    remedy="give it a name of its own",
                )  # fmt: skip
            found[name] = entry
    return found


def _text(path: Path) -> str:
    """A page's text; raises ProtocolError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line, byte = error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        raise ProtocolError(
            f"{path.name} is not UTF-8: line {line} holds the byte 0x{byte:02x}", field="protocol", value=path.name,
            remedy="save it as UTF-8, or write it without accents and umlauts",
        ) from error  # fmt: skip
    except OSError as error:
        raise ProtocolError(
            f"{path.name} cannot be read: {error.strerror}", field="protocol", value=path.name,
            remedy="let the account that Groundwork runs under read it, or take it out of the folder",
        ) from error  # fmt: skip


def _page(text: str, where: str) -> Any:
    """What the YAML holds; raises ProtocolError that says where it is none."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", str(error))
        before = text[: getattr(error, "position", 0)]
        line, column = (mark.line, mark.column) if mark else (before.count("\n"), len(before) - before.rfind("\n") - 1)
        place = f"line {line + 1}, column {column + 1}"
        raise ProtocolError(
            f"{where} is no YAML: {place}: {problem}", field="protocol", value=where,
            remedy=f"look at {place} and just before it: indent with spaces, close each bracket and quote, leave a "
            "space after each colon, and put text that holds a colon in quotes",
        ) from error  # fmt: skip


def read_protocol(text: str, where: str) -> Entry:
    """A protocol from its page of YAML; what it does not say has its default. ``where`` names the page in errors.

    Raises ProtocolError with every field that does not fit.
    """
    data = _page(text, where)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise ProtocolError(
            f"{where} has no name", field="name", value=where, remedy="write name: and a short name without spaces"
        )
    name, explanation, target = data["name"], str(data.pop("explanation", "")).strip(), data.pop("target", "")
    stages = data.get("stages")
    for stage in stages if isinstance(stages, list) else []:
        if isinstance(stage, dict) and isinstance(stage.get("networks"), list):
            stage["networks"] = [_network(network) for network in stage["networks"]]
    try:
        with Gathered() as wrong:
            with wrong.here():
                check(bool(NAME.fullmatch(name)), "name", name, "a short name without spaces, at most 64 characters")
            with wrong.here():
                check(target in ("", *Target.values), "target", target, f"one of {', '.join(Target.values)}, or none")
            with wrong.here():
                protocol = Protocol.from_page(data)
        return Entry(protocol, explanation, target)
    except ProtocolError as error:
        raise ProtocolError.of(
            [
                ProtocolError(f"{where}: {one.message}", field=one.field, value=one.value, remedy=one.remedy)
                for one in error.each()
            ]
        ) from error


def _network(network: Any) -> Any:
    """``unet-resnet18`` as its two parts."""
    if not isinstance(network, str):
        return network
    architecture, _, encoder = network.partition("-")
    return {"architecture": architecture, "encoder": encoder}


def target_of(name: str) -> str:
    """What is drawn by this protocol unless somebody says otherwise: what its page is meant for, else lungs."""
    entry = catalogue().get(name)
    return (entry.target if entry else "") or Target.LUNG


def get_protocol(name: str, **overrides: Any) -> Protocol:
    """A protocol with some parameters changed.

    An override is ``training={"epochs": 10}`` or a stage by its name, ``II={"batch_size": 40}``; a stage's override is
    checked like the stage itself. Raises ProtocolError that lists the valid names.
    """
    known = catalogue()
    if name not in known:
        raise ProtocolError(
            f"no protocol {name!r}", field="protocol", value=name, remedy=f"use one of {', '.join(sorted(known))}"
        )
    protocol = known[name].protocol
    stages: dict[str, Stage] = {stage.name: stage for stage in protocol.stages}
    training: Training = protocol.training
    for key, values in overrides.items():
        if key == "training":
            training = _changed(training, values, key)
        elif key in stages:
            stages[key] = _changed(stages[key], values, key)
        else:
            raise ProtocolError(
                f"protocol {name} has no part {key!r}", field=key, value=values,
                remedy=f"use training or one of {', '.join(stages)}",
            )  # fmt: skip
    return replace(protocol, stages=tuple(stages.values()), training=training)


def _changed(part: Any, values: dict[str, Any], where: str) -> Any:
    known = {f.name for f in fields(part)}
    for name in values:
        if name not in known:
            raise ProtocolError(
                f"{where} has no parameter {name!r}", field=f"{where}.{name}", value=values[name],
                remedy=f"valid parameters are {', '.join(sorted(known))}",
            )  # fmt: skip
    return replace(part, **values)
