"""The dataclasses of a protocol, with their checks and their JSON."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from annotation.common.errors import InvalidInput
from mlbackend.contracts import ARCHITECTURES, AUGMENTATIONS, LOSSES, PRECISIONS, SCHEDULES

CHOICES = {"schedule": SCHEDULES, "loss": LOSSES, "augmentation": AUGMENTATIONS, "precision": PRECISIONS}
PLAIN: dict[Any, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), bool: (bool,)}


class ProtocolError(InvalidInput):
    """A parameter of a protocol that cannot be; names the parameter, the value and what is valid."""

    code = "protocol"


def _check(ok: bool, name: str, value: Any, valid: str) -> None:
    if not ok:
        raise ProtocolError(f"{name} is {value!r}; valid is {valid}", field=name, value=value, remedy=f"use {valid}")


@dataclass(frozen=True)
class Network:
    """A network by the names of the ML registry."""

    architecture: str
    encoder: str

    def __post_init__(self) -> None:
        _check(
            self.architecture in ARCHITECTURES, "architecture", self.architecture, f"one of {', '.join(ARCHITECTURES)}"
        )
        _check(bool(self.encoder), "encoder", self.encoder, "the name of an encoder")

    @property
    def name(self) -> str:
        """``unet-resnet18``."""
        return f"{self.architecture}-{self.encoder}"


@dataclass(frozen=True)
class Training:
    """How every network is trained; the meaning of each field is in ``mlbackend.contracts.TrainingSettings``."""

    image_size: int = 256
    batch_size: int = 4
    epochs: int = 40
    learning_rate: float = 1e-4
    schedule: str = "plateau"
    early_stopping: int = 8
    loss: str = "cross_entropy"
    augmentation: str = "none"
    precision: str = "auto"
    encoder_weights: str = "imagenet"
    threads: int = 0

    def __post_init__(self) -> None:
        _check(self.image_size % 32 == 0 and 32 <= self.image_size <= 2048, "training.image_size", self.image_size,
               "a multiple of 32 from 32 to 2048")  # fmt: skip
        _check(self.batch_size >= 1, "training.batch_size", self.batch_size, "1 or more")
        _check(self.epochs >= 0, "training.epochs", self.epochs, "0 or more")
        _check(self.learning_rate > 0, "training.learning_rate", self.learning_rate, "above 0")
        _check(self.early_stopping >= 0, "training.early_stopping", self.early_stopping, "0 (never) or more")
        _check(self.threads >= 0, "training.threads", self.threads, "0 (the default) or more")
        for name, valid in CHOICES.items():
            value = getattr(self, name)
            _check(value in valid, f"training.{name}", value, f"one of {', '.join(valid)}")
        weights = self.encoder_weights
        known = weights in {"none", "imagenet"} or weights.startswith("file:")
        _check(known, "training.encoder_weights", weights, "none, imagenet or file:PATH")


@dataclass(frozen=True)
class Stage:
    """Base of all stages; ``kind`` is what the engine dispatches on."""

    kind: ClassVar[str] = ""
    name: str = ""


@dataclass(frozen=True)
class InitialTrainingStage(Stage):
    """Stage I (tahir2021 section 2.2): variants trained on the seeds; the best one is the main network."""

    kind: ClassVar[str] = "initial_training"
    name: str = "I"
    networks: tuple[Network, ...] = ()
    validation_fraction: float = 0.2
    """Share of the seeds' split groups that alone select, fixed when the project starts."""
    minimum_seeds: int = 10

    def __post_init__(self) -> None:
        _check(len(self.networks) >= 1, "networks", self.networks, "one network or more")
        _check(0 < self.validation_fraction < 1, "validation_fraction", self.validation_fraction, "between 0 and 1")
        _check(self.minimum_seeds >= 2, "minimum_seeds", self.minimum_seeds, "2 or more")


@dataclass(frozen=True)
class EvaluationStage(Stage):
    """Stage II: batches are predicted, judged, corrected and adjudicated; after each the main network is retrained."""

    kind: ClassVar[str] = "evaluation"
    name: str = "II"
    batch_size: int = 500
    total: int = 3000
    """Films to be settled in this stage; excluded films are replaced."""
    replicas: int = 1
    """How many people read a film that is read by more than one."""
    double_read_fraction: float = 0.0
    """Share of films that get ``replicas`` readers; the others get one."""
    probe_fraction: float = 0.0
    """Share of films that come a second time with a proposal broken on purpose."""
    validation_growth: float = 0.0
    """Share of each batch's split groups drawn before prediction for validation, never trained on."""
    stop_accept_rate: float | None = None
    """End early when the lower end of the batch's accept rate interval lies above this; None runs all batches."""
    undo_grace_seconds: float = 120.0

    def __post_init__(self) -> None:
        _check(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")
        _check(self.total >= self.batch_size, "total", self.total, "at least batch_size")
        _check(1 <= self.replicas <= 9, "replicas", self.replicas, "1 to 9")
        for name in ("double_read_fraction", "probe_fraction", "validation_growth"):
            _check(0 <= getattr(self, name) <= 1, name, getattr(self, name), "a share from 0 to 1")
        rate = self.stop_accept_rate
        _check(rate is None or 0 < rate < 1, "stop_accept_rate", rate, "empty or between 0 and 1")
        _check(self.undo_grace_seconds >= 0, "undo_grace_seconds", self.undo_grace_seconds, "0 or more seconds")


@dataclass(frozen=True)
class SelectionStage(Stage):
    """Stage III: several networks predict the rest, reviewers pick the best one blind or deny all."""

    kind: ClassVar[str] = "selection"
    name: str = "III"
    networks: tuple[Network, ...] = ()
    include_seeds: bool = False
    """Whether the candidates are trained on the seeds beside stage II's masks."""
    tie_dsc: float = 0.998
    """Candidates this near to each other, DSC at film resolution, are shown as ties of one."""
    replicas: int = 1
    double_read_fraction: float = 0.0
    undo_grace_seconds: float = 120.0

    def __post_init__(self) -> None:
        _check(len(self.networks) >= 2, "networks", self.networks, "two networks or more")
        _check(0 < self.tie_dsc <= 1, "tie_dsc", self.tie_dsc, "above 0, at most 1")
        _check(1 <= self.replicas <= 9, "replicas", self.replicas, "1 to 9")
        _check(
            0 <= self.double_read_fraction <= 1,
            "double_read_fraction",
            self.double_read_fraction,
            "a share from 0 to 1",
        )
        _check(self.undo_grace_seconds >= 0, "undo_grace_seconds", self.undo_grace_seconds, "0 or more seconds")


@dataclass(frozen=True)
class VerificationStage(Stage):
    """Stage IV: MDs verify a stratified random share; the share corrected is the estimate for the rest."""

    kind: ClassVar[str] = "verification"
    name: str = "IV"
    fraction: float = 0.2
    strata: tuple[str, ...] = ("label", "source", "quality")
    reopen_above: float = 0.1
    """A stratum whose corrected share lies above this is verified whole."""
    undo_grace_seconds: float = 120.0

    def __post_init__(self) -> None:
        _check(0 < self.fraction <= 1, "fraction", self.fraction, "above 0, at most 1")
        valid = {"label", "source", "quality"}
        _check(set(self.strata) <= valid, "strata", self.strata, "any of label, source, quality")
        _check(0 <= self.reopen_above <= 1, "reopen_above", self.reopen_above, "a share from 0 to 1")
        _check(self.undo_grace_seconds >= 0, "undo_grace_seconds", self.undo_grace_seconds, "0 or more seconds")


STAGES: dict[str, type[Stage]] = {
    stage.kind: stage for stage in (InitialTrainingStage, EvaluationStage, SelectionStage, VerificationStage)
}


@dataclass(frozen=True)
class Protocol:
    """A protocol: what a project does with its films, in order."""

    name: str
    stages: tuple[Stage, ...]
    training: Training = field(default_factory=Training)
    unit: str = "image"
    """What is reviewed as one: an image; later, a series."""
    postprocess: str = "lung"
    source: str = ""

    def __post_init__(self) -> None:
        _check(bool(self.stages), "stages", self.stages, "one stage or more")
        _check(self.unit == "image", "unit", self.unit, "image")
        _check(self.postprocess in {"lung", "none"}, "postprocess", self.postprocess, "lung or none")
        first = self.stages[0].kind
        _check(first == InitialTrainingStage.kind, "stages", first, "a first stage of kind initial_training")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; each stage carries its kind."""
        data = dataclasses.asdict(self)
        data["stages"] = [{"kind": stage.kind, **dataclasses.asdict(stage)} for stage in self.stages]
        return _plain(data)  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read it back; raises ProtocolError that names the first field that does not fit."""
        if not isinstance(data, dict):
            raise ProtocolError("a protocol is an object", field="protocol", value=type(data).__name__)
        values = dict(data)
        raw = values.pop("stages", None)
        if not isinstance(raw, list):
            raise ProtocolError("stages must be a list", field="stages", value=raw, remedy="list the stages in order")
        values["stages"] = tuple(_stage(item, i) for i, item in enumerate(raw))
        if "training" in values:
            values["training"] = _build(Training, values["training"], "training")
        return _build(cls, values, "protocol")


def _stage(item: Any, index: int) -> Stage:
    kind = item.get("kind") if isinstance(item, dict) else None
    if kind not in STAGES:
        raise ProtocolError(
            f"stages[{index}].kind is {kind!r}", field=f"stages[{index}].kind", value=kind,
            remedy=f"use one of {', '.join(sorted(STAGES))}",
        )  # fmt: skip
    values = {key: value for key, value in item.items() if key != "kind"}
    if "networks" in values:
        values["networks"] = tuple(
            _build(Network, net, f"stages[{index}].networks[{i}]") for i, net in enumerate(values["networks"])
        )
    if "strata" in values:
        values["strata"] = tuple(values["strata"])
    return _build(STAGES[kind], values, f"stages[{index}]")


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
    hints = typing.get_type_hints(kind)
    for name, value in values.items():
        plain = PLAIN.get(hints[name])
        if plain and (not isinstance(value, plain) or (isinstance(value, bool) and bool not in plain)):
            raise ProtocolError(
                f"{where}.{name} is {value!r}", field=f"{where}.{name}", value=value,
                remedy=f"use a value of type {hints[name].__name__}",
            )  # fmt: skip
    try:
        return kind(**values)
    except TypeError as error:
        raise ProtocolError(f"{where}: {error}", field=where, remedy="GET /api/protocols shows a whole one") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
