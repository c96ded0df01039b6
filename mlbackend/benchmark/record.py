"""What a benchmark's folder says of itself: the plan with its data card, and what networks cost. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.contracts import ContractError, Message


@dataclass(frozen=True)
class SplitCard(Message):
    """Counts of some films."""

    films: int
    patients: int
    with_infection: int
    labels: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskCard(Message):
    """The films that have a mask of a task: all, and by fold and split."""

    all: SplitCard
    folds: list[dict[str, SplitCard]] = field(default_factory=list)
    """``train``, ``validation`` and ``test`` of each fold, from fold 1."""


@dataclass(frozen=True)
class LabelCard(Message):
    """The masks of one label set of a task, on the films outside the test set: how far they are from the final ones."""

    label_set: str
    films: int
    changed: int
    """Films whose mask has other pixels than in the label set before it in this benchmark; 0 for the first."""
    differing: int
    """Films whose mask has other pixels than the final one."""
    dsc_to_final: float
    """Mean DSC of all films' masks with their final ones, at the film's own size; 1 where both are empty."""
    dsc_to_final_of_differing: float | None = None
    """The same over the films that differ; None where none does."""
    active_seconds: float = 0.0
    """People's time on these films in the steps since the label set before it."""
    network_saw: dict[str, int] = field(default_factory=dict)
    """Films that the network which drew the candidates was ``trained`` or ``selected`` on, or whose relatives it saw
    (``related``)."""
    stage: str = ""
    """Name of the stage that it stands for; empty for candidates and final masks."""
    state: str = ""
    """Of that stage when the version was frozen: ``ended``, ``going on``, ``not reached``, ``passed over`` or ``not in
    the protocol``."""


@dataclass(frozen=True)
class DataCard(Message):
    """Which films, whose, from where, and how they were divided."""

    name: str
    hash: str
    films: int
    patients: int
    test_from: str
    """``given`` by the dataset, ``drawn`` by share, or each ``fold`` in turn."""
    where: list[str] = field(default_factory=list)
    """Conditions that chose the rows, as given."""
    groups: int = 0
    """Patients, those with near duplicates counted as one."""
    negatives: list[str] = field(default_factory=list)
    """Labels whose films without an infection mask count as free of infection."""
    second_negatives: list[str] = field(default_factory=list)
    """The same, in the second split."""
    near_duplicates_joined: list[list[str]] = field(default_factory=list)
    """Pairs that were kept together although their patients' names differ."""
    tasks: dict[str, TaskCard] = field(default_factory=dict)
    label_sets: dict[str, list[LabelCard]] = field(default_factory=dict)
    """By task, in the order in which people worked; empty where only final masks were asked for."""


@dataclass(frozen=True)
class BenchmarkRecord(Message):
    """What the report needs of ``plan.json``: what was asked, of which data."""

    config: BenchmarkConfig
    data: DataCard
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By task: what a fold lacks, in words; its cells are not run."""

    @classmethod
    def from_plan(cls, plan: Any, at: str) -> Self:
        """Read the file's content; raises ContractError with the first field that is missing or does not fit."""
        if not isinstance(plan, dict):
            raise ContractError(f"{at}: expected an object, got {type(plan).__name__}")
        for name in ("config", "data"):
            if name not in plan:
                raise ContractError(f"{at}: the field {name!r} is missing")
        splits = plan.get("plan", {})
        problems = splits.get("problems", {}) if isinstance(splits, dict) else {}
        return cls.from_json({"config": plan["config"], "data": plan["data"], "problems": problems}, at)


@dataclass(frozen=True)
class NetworkCost(Message):
    """``cost/<network>.json``: what it takes to predict one film with a network."""

    name: str
    parameters: int
    """That learn."""
    gflops: float
    """Floating-point operations of one film in 10^9; a multiplication and its addition count as two."""
    ms_per_image: float
    """Median of many single predictions, warm, from the film in memory to its probabilities there."""
    images_per_second: float
    """In batches of ``batch``."""
    device: str
    precision: str
    image_size: int
    """Height and width of the network's input, pixels."""
    engine: str = ""
    """What predicted: library, version and precision; empty in folders of before it was kept: torch."""
    batch: int = 0
    runs: int = 0
    fixed: int | None = None
    """Values that do not learn: a frozen encoder's, and running statistics; None where an older program measured."""
