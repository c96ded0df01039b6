"""What the report is made from: the files of a benchmark's folder, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mlbackend.benchmark.config import INFECTION, PARALLEL, BenchmarkConfig
from mlbackend.benchmark.record import BenchmarkRecord, NetworkCost
from mlbackend.contracts import FINAL, CellResult, ContractError, FilmScores, Message, NetworkSpec, Outcome
from mlbackend.storage import FolderStorage, Storage, StorageError

M = TypeVar("M", bound=Message)


class ReportError(ValueError):
    """A folder that no report can be made from; names the file and what to do."""


@dataclass(frozen=True)
class CellKey:
    """Which cell of the grid."""

    task: str
    scheme: str
    network: str
    fold: int
    label_set: str = FINAL


@dataclass(frozen=True)
class Cell:
    """A cell that was asked for, with its result where there is one."""

    key: CellKey
    network: NetworkSpec
    cell_id: str = ""
    """Name of its folder below ``cells``; empty where it was never run."""
    result: CellResult | None = None
    films: FilmScores | None = None

    @property
    def scored(self) -> bool:
        """Whether there are scores to count."""
        return self.films is not None

    @property
    def state(self) -> str:
        """``succeeded``, ``failed``, ``cancelled`` or ``not run``."""
        return str(self.result.outcome) if self.result else "not run"


@dataclass(frozen=True)
class Inputs:
    """Everything that the report says follows from this."""

    record: BenchmarkRecord
    cells: list[Cell]
    """All cells of the grid, in the order of the papers' tables, whether they were run or not."""
    costs: dict[str, NetworkCost]
    environment: dict[str, Any]
    storage: Storage


def read_json(path: Path, remedy: str) -> Any:
    """Content of a JSON file; raises ReportError with ``remedy`` where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(f"{path}: the file is not there; {remedy}") from error
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: the file cannot be read ({error}); {remedy}") from error


def _message(kind: type[M], path: Path, remedy: str) -> M:
    try:
        return kind.from_json(read_json(path, remedy), at=path.name)
    except ContractError as error:
        raise ReportError(f"{path}: {error}; {remedy}") from error


def _record(path: Path, remedy: str) -> BenchmarkRecord:
    try:
        return BenchmarkRecord.from_plan(read_json(path, remedy), at=path.name)
    except ContractError as error:
        raise ReportError(f"{path}: {error}; {remedy}") from error


def grid(config: BenchmarkConfig) -> list[tuple[CellKey, NetworkSpec]]:
    """All cells that a config asks for; the cascaded scheme is one of infection alone."""
    splits = [range(1, config.folds + 1)] + (
        [range(config.second_fold, config.second_fold + 1)] if config.second else []
    )
    return [
        (CellKey(task, scheme, network.name, fold, label_set), network)
        for folds in splits
        for label_set in config.label_sets
        for task in config.tasks
        for scheme in (config.schemes if task == INFECTION else [PARALLEL])
        for network in config.networks_of(folds[0])
        for fold in folds
    ]


def read_inputs(out: Path, storage: Storage | None = None) -> Inputs:
    """Read the folder of a benchmark. ``storage`` is where the cells' keys lead to, the folder itself by default.

    Raises ReportError naming the file and the remedy. A cell without a result is no error: it is reported as not run.
    """
    again = "run the benchmark on this folder again"
    files = storage or FolderStorage(out)
    record = _record(out / "plan.json", again)
    wanted = grid(record.config)
    results: dict[CellKey, tuple[str, CellResult]] = {}
    for path in sorted(out.glob("cells/*/result.json")):
        result = _message(CellResult, path, "delete it and run the benchmark again")
        key = CellKey(result.task, result.scheme, result.network.name, result.fold, result.label_set)
        if key in results:
            raise ReportError(f"{path}: {results[key][0]!r} is the same cell; delete one of the two folders")
        results[key] = (path.parent.name, result)
    # A folder may hold more than its last plan asks for: a subset was run first. Others stay out of the report.
    cells = [_cell(key, network, results.get(key), files) for key, network in wanted]
    costs = {path.stem: _message(NetworkCost, path, again) for path in sorted(out.glob("cost/*.json"))}
    environment = out / "environment.json"
    known = read_json(environment, again) if environment.exists() else {}
    if not isinstance(known, dict):
        raise ReportError(f"{environment}: expected an object, got {type(known).__name__}; {again}")
    return Inputs(record, cells, costs, known, files)


def _cell(key: CellKey, network: NetworkSpec, found: tuple[str, CellResult] | None, storage: Storage) -> Cell:
    if found is None:
        return Cell(key, network)
    cell_id, result = found
    if result.outcome != Outcome.SUCCEEDED:
        return Cell(key, network, cell_id, result)
    try:
        films = FilmScores.from_json(json.loads(storage.read(result.films_key)), at=result.films_key)
    except (StorageError, ValueError) as error:
        raise ReportError(
            f"cell {cell_id}: its scores cannot be read ({error}); delete the cell and run again"
        ) from error
    if not films.films:
        raise ReportError(
            f"cell {cell_id}: {result.films_key} has no film; delete the cell and run the benchmark again"
        )
    return Cell(key, network, cell_id, result, films)
