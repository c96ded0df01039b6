"""All that decides a simulated run, as checked data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import yaml

from annotation.common.errors import InvalidInput
from annotation.projects.models import Target
from annotation.projects.protocol import (
    ANNOTATOR,
    InitialTrainingStage,
    OutOfFoldStage,
    Protocol,
    ProtocolError,
    RepeatedSelectionStage,
    catalogue,
    get_protocol,
    target_of,
)
from annotation.projects.services import protocol_resolve
from annotation.simulation.costs import Costs
from annotation.simulation.films import CONVENTIONS, convention_of, read_films
from annotation.simulation.oracle.rules import EXCLUDE_RULES, UNSURE_RULES, Rules
from annotation.simulation.stages import stage_defaults, stage_deviations, stage_overrides


def training_defaults() -> dict[str, Any]:
    """Settings that serve without pretrained weights: those of the ML backend's ``scratch`` experiment."""
    text = files("mlbackend").joinpath("configs/scratch.yaml").read_text(encoding="utf-8")
    training = dict(yaml.safe_load(text)["training"])
    keys = ("batch_size", "learning_rate", "schedule", "augmentation", "early_stopping", "loss", "precision")
    return {key: training[key] for key in keys}


@dataclass(frozen=True)
class Training:
    """How every network of the run is trained."""

    image_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    augmentation: str
    early_stopping: int
    encoder_weights: str
    loss: str = "cross_entropy"
    precision: str = "auto"
    threads: int = 0


@dataclass(frozen=True)
class Checks:
    """How much of the work is there to look at the reviewers; none unless it is asked for."""

    double_read_fraction: float = 0.0
    double_correct_fraction: float = 0.0
    repeat_fraction: float = 0.0
    repeat_gap: int = 5


@dataclass(frozen=True)
class Drawings:
    """What is drawn from nothing, where the protocol begins with that, and what becomes of it."""

    draw_count: int = 60
    draw_dsc: float = 0.85
    """DSC with the truth at which a drawing ends, on the mean."""
    draw_spread: float = 0.05
    """Standard deviation of that DSC over films and hands."""
    folds: int = OutOfFoldStage.folds
    satisfied_below: float = RepeatedSelectionStage.satisfied_below
    most_rounds: int = RepeatedSelectionStage.most_rounds


@dataclass(frozen=True)
class Settings:
    """One run. Two runs with the same settings and films differ in nothing but time."""

    manifest: str
    where: list[str]
    target: str
    convention: str
    convention_by: str
    """Who says so: ``flag``, ``manifest`` or ``assumed``."""
    protocol: str
    seed_count: int
    batch_size: int
    batches: int
    candidates: int
    verify_fraction: float
    reviewers: int
    physicians: int
    random_seed: int
    exclude_rule: str
    exclude_share: float
    training: Training
    rules: Rules = field(default_factory=Rules)
    costs: Costs = field(default_factory=Costs)
    label_history: bool = False
    """Whether the dataset is written with its label history."""
    checks: Checks = field(default_factory=Checks)
    drawings: Drawings = field(default_factory=Drawings)

    def __post_init__(self) -> None:
        rules = self.rules
        _check(self.target in CONVENTIONS, "--target", self.target, f"one of {', '.join(CONVENTIONS)}")
        valid = CONVENTIONS[Target(self.target)]
        _check(self.convention in valid, "--convention", self.convention, f"one of {', '.join(valid)}")
        used = [name for name, needed in (("seed_count", self.has_seeds), ("reviewers", self.has_annotators)) if needed]
        for name in (*used, "batch_size", "batches", "physicians"):
            _check(getattr(self, name) >= 1, _flag(name), getattr(self, name), "1 or more")
        drawings = self.drawings
        _check(0 < drawings.draw_dsc < 1, "--draw-dsc", drawings.draw_dsc, "a DSC between 0 and 1")
        _check(0 <= drawings.draw_spread <= 0.5, "--draw-spread", drawings.draw_spread, "a number from 0 to 0.5")
        for name in ("accept_dsc", "correct_dsc"):
            _check(0 < getattr(rules, name) < 1, _flag(name), getattr(rules, name), "a DSC between 0 and 1")
        _check(0 <= rules.verify_dsc <= 1, "--verify-dsc", rules.verify_dsc, "a DSC from 0 to 1")
        _check(
            rules.correct_dsc >= max(rules.accept_dsc, rules.verify_dsc), "--correct-dsc", rules.correct_dsc,
            "at least --accept-dsc and --verify-dsc: a corrected mask must be good enough",
        )  # fmt: skip
        _check(
            rules.unsure_rule in UNSURE_RULES, "--unsure-rule", rules.unsure_rule, f"one of {', '.join(UNSURE_RULES)}"
        )
        _check(rules.noise >= 0, "--noise", rules.noise, "0 or more")
        _check(0 <= self.random_seed < 2**31, "--random-seed", self.random_seed, "0 to 2147483647")
        _check(0 <= rules.unsure_margin <= 1, "--unsure-margin", rules.unsure_margin, "a DSC from 0 to 1")
        _check(0 <= rules.unsure_below <= 1, "--unsure-below", rules.unsure_below, "a DSC from 0 to 1")
        _check(
            self.exclude_rule in EXCLUDE_RULES,
            "--exclude-rule",
            self.exclude_rule,
            f"one of {', '.join(EXCLUDE_RULES)}",
        )
        weights = self.training.encoder_weights
        path = Path(weights.removeprefix("file:"))
        _check(
            not weights.startswith("file:") or path.is_file(),
            "--encoder-weights",
            weights,
            "file:PATH of a file there is",
        )
        _check(
            not self.checks.double_correct_fraction or self.checks.double_read_fraction > 0,
            "--double-correct-fraction", self.checks.double_correct_fraction,
            "it with --double-read-fraction: two people correct what two have rejected",
        )  # fmt: skip
        _check(
            not self.checks.double_read_fraction or self.reviewers > 1, "--reviewers", self.reviewers,
            "2 or more where films are read by two",
        )  # fmt: skip
        _check(0 <= self.exclude_share < 1, "--exclude-share", self.exclude_share, "a share from 0 to below 1")
        _check(
            self.has_seeds or not self.label_history, "--label-history", self.label_history,
            "it with a protocol whose first stage trains networks",
        )  # fmt: skip
        self.build_protocol()

    @property
    def has_seeds(self) -> bool:
        """Whether the protocol begins with films that bring their masks."""
        return isinstance(get_protocol(self.protocol).stages[0], InitialTrainingStage)

    @property
    def has_annotators(self) -> bool:
        """Whether any stage needs them."""
        return any(ANNOTATOR in stage.roles for stage in get_protocol(self.protocol).stages)

    def build_protocol(self) -> Protocol:
        """The protocol with the run's numbers. Raises InvalidInput that names the flag of what cannot be."""
        overrides = {"training": asdict(self.training), **stage_overrides(self)}
        try:
            return protocol_resolve(name=self.protocol, target=self.target, overrides=overrides)
        except ProtocolError as error:
            flag = _flag_of(error.field)
            raise InvalidInput(
                f"{flag} is {error.value!r}", field=flag, value=error.value, remedy=error.remedy
            ) from error

    def deviations(self) -> list[str]:
        """Where training and stages differ from those of the protocol's page, which are its paper's."""
        paper = get_protocol(self.protocol).training
        names = (
            "image_size", "epochs", "batch_size", "learning_rate", "schedule", "augmentation", "early_stopping", "loss",
        )  # fmt: skip
        return [
            f"{name.replace('_', ' ')} {getattr(self.training, name)} instead of {getattr(paper, name)}"
            for name in (*names, "encoder_weights")
            if getattr(self.training, name) != getattr(paper, name)
        ] + stage_deviations(self)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; what a run was not asked for is not named, so that those begun before go on as they are."""
        values = asdict(self)
        if not self.label_history:
            del values["label_history"]
        if self.checks == Checks():
            del values["checks"]
        if self.has_seeds:
            del values["drawings"]
        return values

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        """From the command's parsed flags. Raises InvalidInput that names the flag."""
        verify = options["verify_dsc"]
        rules = Rules(
            accept_dsc=options["accept_dsc"],
            correct_dsc=options["correct_dsc"],
            verify_dsc=options["accept_dsc"] if verify is None else verify,
            unsure_rule=options["unsure_rule"],
            unsure_margin=options["unsure_margin"],
            unsure_below=options["unsure_below"],
            noise=options["noise"],
        )
        seconds = ("verdict", "correct", "draw", "pick", "deny", "adjudicate", "verify")
        try:
            costs = Costs(
                **{name: options[f"seconds_{name}"] for name in seconds}, redraw_below=options["redraw_below"]
            )
        except ValueError as error:
            raise InvalidInput(str(error), field="--seconds-*", remedy="give seconds of 0 or more") from error
        where, manifest = list(options["where"]), Path(options["manifest"]).resolve()
        known = catalogue()
        _check(options["protocol"] in known, "--protocol", options["protocol"], f"one of {', '.join(known)}")
        target = options["target"] or target_of(options["protocol"])
        _check(target in CONVENTIONS, "--target", target, f"one of {', '.join(CONVENTIONS)}")
        protocol = get_protocol(options["protocol"])
        options = stage_defaults(protocol, options)
        if not isinstance(protocol.stages[0], InitialTrainingStage):
            options = {**options, "seed_count": 0}
        if not any(ANNOTATOR in stage.roles for stage in protocol.stages):
            options = {**options, "reviewers": 0}
        films = read_films(manifest, where, target, options["seed_count"], options["random_seed"])
        training = Training(
            image_size=options["image_size"],
            epochs=options["epochs"],
            batch_size=options["train_batch_size"],
            **{
                k: options[k]
                for k in ("learning_rate", "schedule", "augmentation", "early_stopping", "encoder_weights")
            },
            loss=options["loss"] or get_protocol(options["protocol"]).training.loss,
            precision=training_defaults()["precision"],
            threads=options["threads"],
        )
        convention, said_by = options["convention"], "flag"
        if not convention:
            convention, said_by = convention_of(films, target)
        return cls(
            manifest=str(manifest),
            where=where,
            target=target,
            convention=convention,
            convention_by=said_by,
            rules=rules,
            costs=costs,
            checks=Checks(**{one.name: options[one.name] for one in fields(Checks)}),
            drawings=Drawings(**{one.name: options[one.name] for one in fields(Drawings)}),
            training=training,
            **{
                name: options[name]
                for name in (
                    "protocol", "seed_count", "batch_size", "batches", "candidates", "verify_fraction", "reviewers",
                    "physicians", "random_seed", "exclude_rule", "exclude_share", "label_history",
                )
            },
        )  # fmt: skip


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _flag_of(parameter: str) -> str:
    """The flag that sets a protocol's parameter, or the parameter where none does."""
    part, _, name = parameter.rpartition(".")
    if part == "training":
        if name not in {one.name for one in fields(Training)}:
            return parameter
        return "--batch-size-train" if name == "batch_size" else _flag(name)
    if name in {one.name for one in fields(Checks)}:
        return _flag(name)
    return "--verify-fraction" if name == "fraction" else parameter


def _check(ok: bool, flag: str, value: Any, valid: str) -> None:
    if not ok:
        raise InvalidInput(f"{flag} is {value!r}", field=flag, value=value, remedy=f"use {valid}")
