"""Which cells a benchmark has, and what each is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from mlbackend.benchmark.config import CASCADED, INFECTION, LUNG, PARALLEL, BenchmarkConfig
from mlbackend.benchmark.dataset import Film
from mlbackend.benchmark.plan import Plan
from mlbackend.contracts import FINAL, CellRequest, NetworkSpec, Split, TestSample, TrainSample

ATTEMPT = 1
"""A cell that is gone on with finds its own checkpoint."""


@dataclass(frozen=True)
class Cell:
    """A place in the grid."""

    task: str
    scheme: str
    network: NetworkSpec
    fold: int
    label_set: str = FINAL

    @property
    def id(self) -> str:
        """Unique within the benchmark; lungs are always seen on the whole film, and final masks go without saying."""
        scheme = "" if self.task == LUNG else f"{self.scheme}."
        return f"{self.task}.{scheme}{self.network.name}.{fold_name(self.fold, self.label_set)}"


def fold_name(fold: int, label_set: str) -> str:
    """``fold1``, ``fold1.candidate``: a fold with its masks. Those of earlier benchmarks were all final."""
    return f"fold{fold}" if label_set == FINAL else f"fold{fold}.{label_set}"


@dataclass(frozen=True)
class Lungs:
    """What a fold's infection is cut to."""

    network: str
    """Name of the lung network, ``truth``, or empty where there are none."""
    masks: dict[str, str]
    """Mask key by film id."""
    note: str = ""

    @property
    def words(self) -> str:
        """Whose they are, or why there are none, for people."""
        return self.network or self.note or "none, infection counts wherever it is drawn"


def cells_of(config: BenchmarkConfig, folds: Sequence[int]) -> list[Cell]:
    """All cells, fold by fold and label set by label set, lungs first: infection needs the lungs of both."""
    found = []
    for fold, label_set in product(folds, config.label_sets):
        for task in (LUNG, INFECTION):
            if task not in config.tasks:
                continue
            for scheme in config.schemes if task == INFECTION else [PARALLEL]:
                found += [Cell(task, scheme, network, fold, label_set) for network in config.networks_of(fold)]
    return found


def request_of(
    cell: Cell,
    config: BenchmarkConfig,
    plan: Plan,
    films: Sequence[Film],
    lungs: Lungs | None,
    attempt: int = ATTEMPT,
) -> CellRequest:
    """The cell's request; ``lungs`` are needed for infection."""
    parts = plan.of(films, cell.task, cell.fold)
    cut = lungs.masks if lungs is not None and cell.task == INFECTION else {}
    seen = cut if cell.scheme == CASCADED else {}

    def train(film: Film, split: Split) -> TrainSample:
        # Groups, not patients: near duplicates of one film count as one patient.
        return TrainSample(
            film.film_id,
            film.image_key,
            film.mask(cell.task, cell.label_set),
            film.group,
            split,
            region_key=seen.get(film.film_id, ""),
        )

    def test(film: Film) -> TestSample:
        return TestSample(
            film.film_id,
            film.image_key,
            film.masks[cell.task],
            film.group,
            label=film.label,
            source=film.source,
            drawn_by=film.drawn_by.get(cell.task, ""),
            lungs_key=cut.get(film.film_id, ""),
            true_lungs_key=film.masks.get(LUNG, "") if cell.task == INFECTION else "",
            region_key=seen.get(film.film_id, ""),
        )

    return CellRequest(
        cell.id,
        attempt,
        task=cell.task,
        scheme=cell.scheme,
        fold=cell.fold,
        network=cell.network,
        settings=config.training,
        samples=[
            *(train(film, Split.TRAIN) for film in parts["train"]),
            *(train(film, Split.VALIDATION) for film in parts["validation"]),
        ],
        tests=[test(film) for film in parts["test"]],
        threshold=config.threshold,
        threshold_included=config.threshold_included,
        notes=[lungs.note] if lungs is not None and lungs.note and cell.task == INFECTION else [],
        label_set=cell.label_set,
    )
