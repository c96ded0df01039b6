"""A whole protocol, with its JSON."""

from __future__ import annotations

import dataclasses
import itertools
import typing
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from annotation.common.errors import DomainError
from annotation.projects.protocol.rules import (
    Choice,
    Gathered,
    ProtocolError,
    check,
    check_rules,
    check_values,
    numbers_read,
    rules_of,
)
from annotation.projects.protocol.stages import (
    STAGES,
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    RepeatedSelectionStage,
    SelectionStage,
    Stage,
)
from annotation.projects.protocol.training import Network, Training

KINDS = tuple(STAGES)
"""To look in for what a page says, which may be anything: a list is no key."""


@dataclass(frozen=True)
class Protocol:
    """A protocol: what a project does with its films, in order."""

    name: str
    stages: tuple[Stage, ...]
    training: Training = field(default_factory=Training)
    unit: str = "image"
    """What is reviewed as one: an image; later, a series."""
    postprocess: Annotated[str, Choice("lung or none", choices=("lung", "none"))] = "lung"
    """What is done to a mask that a network drew: ``lung`` drops small islands and fills holes, ``none`` leaves it. An
    infection project begins with ``none``, as small infections are islands too."""
    source: str = ""

    def __post_init__(self) -> None:
        check(bool(self.stages), "stages", self.stages, "one stage or more")
        check(self.unit == "image", "unit", self.unit, "image")
        check_rules(self)
        first = self.stages[0]
        check(
            isinstance(first, InitialTrainingStage | DrawingStage), "stages", first.kind,
            "a first stage of kind initial_training, which learns from seeds, or drawing",
        )  # fmt: skip
        names = [stage.name for stage in self.stages]
        check(len(set(names)) == len(names), "stages", names, "a name of its own for each stage")
        for before, stage in itertools.pairwise(self.stages):
            # It learns from seeds alone, and sets the validation films apart before anybody has worked.
            check(
                not isinstance(stage, InitialTrainingStage), "stages", stage.kind,
                "initial_training as the first stage, once; after a drawing, networks learn in out_of_fold or in "
                "repeated_selection",
            )  # fmt: skip
            if isinstance(stage, OutOfFoldStage):
                check(isinstance(before, DrawingStage), "stages", stage.kind, "a drawing stage right before it")
            if isinstance(stage, EvaluationStage):
                # It shows the main network's masks, and learns from what became of them.
                has_main = InitialTrainingStage | SelectionStage | RepeatedSelectionStage
                earlier = self.stages[: self.stages.index(stage)]
                remedy = "a stage before it that has a main network"
                check(any(isinstance(one, has_main) for one in earlier), "stages", stage.kind, remedy)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; each stage carries its kind."""
        data = dataclasses.asdict(self)
        data["stages"] = [{"kind": stage.kind, **dataclasses.asdict(stage)} for stage in self.stages]
        return _plain(data)  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read a stored one back; raises ProtocolError with every field that does not fit."""
        return cls._from(data, stored=True)

    @classmethod
    def from_page(cls, data: Any) -> Self:
        """Read one that a person wrote: what it does not say has its default. Raises as ``from_json`` does."""
        return cls._from(_with_numbers(data), stored=False)

    @classmethod
    def _from(cls, data: Any, *, stored: bool) -> Self:
        if not isinstance(data, dict):
            raise ProtocolError("a protocol is an object", field="protocol", value=type(data).__name__)
        values = dict(data)
        raw = values.pop("stages", None)
        if not isinstance(raw, list):
            raise ProtocolError("stages must be a list", field="stages", value=raw, remedy="list the stages in order")
        with Gathered() as wrong:
            stages = []
            for i, item in enumerate(raw):
                with wrong.here():
                    stages.append(_stage(item, i, stored=stored))
            if "training" in values:
                with wrong.here():
                    values["training"] = _build(Training, values["training"], "training")
            with wrong.here():
                check_values(cls, values)
        values["stages"] = tuple(stages)
        return _build(cls, values, "protocol")


def _with_numbers(page: Any) -> Any:
    """The page with numbers that YAML took for text, ``1e-3`` or ``"5"``, read as what they are."""
    if not isinstance(page, dict):
        return page
    read = numbers_read(Protocol, page)
    if isinstance(read.get("training"), dict):
        read["training"] = numbers_read(Training, read["training"])
    if isinstance(read.get("stages"), list):
        read["stages"] = [
            numbers_read(STAGES[one["kind"]], one) if isinstance(one, dict) and one.get("kind") in KINDS else one
            for one in read["stages"]
        ]
    return read


def _stage(item: Any, index: int, *, stored: bool) -> Stage:
    kind = item.get("kind") if isinstance(item, dict) else None
    if kind not in KINDS:
        raise ProtocolError(
            f"stages[{index}].kind is {kind!r}", field=f"stages[{index}].kind", value=kind,
            remedy=f"use one of {', '.join(sorted(STAGES))}",
        )  # fmt: skip
    values = {**(STAGES[kind].absent if stored else {}), **{key: value for key, value in item.items() if key != "kind"}}
    # By the stage's name, as overrides are written: "II.batch_size".
    named = values.get("name", STAGES[kind].name)
    where = named if isinstance(named, str) and named else f"stages[{index}]"
    for name in ("networks", "strata"):
        if name in values and not isinstance(values[name], list):
            raise ProtocolError(
                f"{where}.{name} must be a list", field=f"{where}.{name}", value=values[name], remedy="write [...]"
            )
    if "strata" in values:
        values["strata"] = tuple(map(str, values["strata"]))
    with Gathered() as wrong:
        if "networks" in values:
            # A network that cannot be stands as None, so that the stage's other values are looked at too.
            networks: list[Network | None] = [None] * len(values["networks"])
            for i, net in enumerate(values["networks"]):
                with wrong.here():
                    networks[i] = _build(Network, net, f"{where}.networks[{i}]")
            values["networks"] = tuple(networks)
        with wrong.here():
            stage: Stage = _build(STAGES[kind], values, where)
    return stage


def _build(kind: Any, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise ProtocolError(f"{where} must be an object", field=where, value=values)
    known = {f.name: f for f in dataclasses.fields(kind)}
    for name in values:
        if name not in known:
            raise ProtocolError(
                f"{where} has no parameter {name!r}", field=f"{where}.{name}", value=values[name],
                remedy=f"valid parameters are {', '.join(sorted(known))}",
            )  # fmt: skip
    texts = {name for name, hint in typing.get_type_hints(kind).items() if hint is str} - set(rules_of(kind))
    prefix = "" if where == "protocol" else f"{where}."
    try:
        for name in texts & set(values):
            check(isinstance(values[name], str), name, values[name], "a text")
        return kind(**values)
    except ProtocolError as error:
        raise ProtocolError.of([_below(prefix, one) for one in error.each()]) from error
    except TypeError as error:
        raise ProtocolError(f"{where}: {error}", field=where, remedy="GET /api/protocols shows a whole one") from error


def _below(prefix: str, error: DomainError) -> ProtocolError:
    if error.field.startswith(prefix):
        return ProtocolError(error.message, field=error.field, value=error.value, remedy=error.remedy)
    return ProtocolError(
        f"{prefix}{error.message}", field=f"{prefix}{error.field}", value=error.value, remedy=error.remedy
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
