"""A benchmark step by step, each step in a worker's hands: for runs whose order somebody else keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from mlbackend.benchmark.cell import run_cell
from mlbackend.benchmark.choice import chosen_config
from mlbackend.benchmark.config import INFECTION, LUNG, BenchmarkConfig
from mlbackend.benchmark.dataset import Dataset, Film, read_dataset
from mlbackend.benchmark.plan import Plan, make_plan
from mlbackend.benchmark.run.cells import Cell, cells_of, fold_name, request_of
from mlbackend.benchmark.run.folder import PLAN, BenchmarkError, BenchmarkFolder
from mlbackend.benchmark.run.local import measure_network, not_run
from mlbackend.benchmark.run.lungs import lungs_of
from mlbackend.contracts import (
    MANIFEST_KEY,
    REPORT_PREFIX,
    STEP_CELL,
    STEP_COST,
    STEP_LUNGS,
    STEP_PLAN,
    STEP_REPORT,
    BenchmarkLine,
    BenchmarkRequest,
    BenchmarkResult,
    BenchmarkStep,
    Outcome,
    Progress,
)
from mlbackend.data.manifest import rows_of
from mlbackend.data.memory import FilmMemory
from mlbackend.models.device import choose_device, device_name
from mlbackend.progress import Cancelled
from mlbackend.storage import PrefixStorage, Storage, StorageMissingError
from mlbackend.training.checkpoint import discard_checkpoints

FILMS = "films.json"
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Open:
    """A planned run as its files hold it."""

    folder: BenchmarkFolder
    plan: Plan
    memory: FilmMemory
    """Films of earlier steps: the next cell of the grid needs the same."""


@dataclass(frozen=True)
class Watch:
    """How a step speaks while it works."""

    on_progress: OnProgress
    should_cancel: Callable[[], bool]
    worker: str


def run_step(
    request: BenchmarkRequest,
    storage: Storage,
    *,
    on_progress: OnProgress,
    should_cancel: Callable[[], bool],
    worker: str = "",
) -> BenchmarkResult:
    """Do one step; what it makes lies below the run's prefix, where later steps find it.

    Done a second time, a step finds its work done or goes on where it was. What is wrong with wish or data ends in
    ``Outcome.FAILED`` with words; failures of storage itself are raised (StorageError).
    """
    begun = time.monotonic()
    empty = BenchmarkResult(request.job_id, request.attempt, Outcome.FAILED, device=device_name(choose_device()))

    def tell(progress: Progress) -> None:
        """A cell speaks under its own name; the platform knows the job's."""
        on_progress(replace(progress, job_id=request.job_id, attempt=request.attempt))

    try:
        if request.step.kind not in _STEPS:
            raise BenchmarkError(f"step.kind: {request.step.kind!r} is unknown; use one of {', '.join(_STEPS)}")
        changes = _STEPS[request.step.kind](request, storage, Watch(tell, should_cancel, worker))
    except Cancelled:
        changes = {"outcome": Outcome.CANCELLED, "error": "the benchmark was cancelled"}
    except (ValueError, BenchmarkError, StorageMissingError) as error:
        changes = {"error": str(error)}
    return replace(empty, **{"seconds": time.monotonic() - begun, **changes})


def steps_of(config: BenchmarkConfig, plan: Plan, folds: Sequence[int] = ()) -> list[BenchmarkStep]:
    """All that follows the plan, in the order in which it is worth doing: fold by fold, lungs before infection."""
    cells = [
        cell
        for cell in cells_of(config, list(folds) or [fold.number for fold in plan.folds])
        if not plan.problem(cell.task, cell.fold)
    ]
    steps: list[BenchmarkStep] = []
    for cell in cells:
        lungs = f"{STEP_LUNGS}.{fold_name(cell.fold, cell.label_set)}"
        cut = cell.task == INFECTION and config.cut_to_lungs
        if cut and lungs not in {step.key for step in steps}:
            place = (cell.fold, cell.label_set)
            before = [c.id for c in cells if c.task == LUNG and (c.fold, c.label_set) == place]
            steps.append(BenchmarkStep(lungs, STEP_LUNGS, before, task=LUNG, fold=cell.fold, label_set=cell.label_set))
        steps.append(
            BenchmarkStep(
                cell.id,
                STEP_CELL,
                [lungs] if cut else [],
                cell.task,
                cell.scheme,
                cell.network.name,
                cell.fold,
                cell.label_set,
            )
        )
    steps += [BenchmarkStep(f"{STEP_COST}.{n.name}", STEP_COST, network=n.name) for n in config.networks()]
    return [*steps, BenchmarkStep(STEP_REPORT, STEP_REPORT, [step.key for step in steps])]


def _plan(request: BenchmarkRequest, storage: Storage, watch: Watch) -> dict[str, Any]:
    config, files = chosen_config(request.wish), PrefixStorage(storage, request.prefix)
    rows = rows_of(files.read(MANIFEST_KEY).decode(), (), "the dataset")
    data = read_dataset(
        rows,
        storage,
        request.dataset,
        "the dataset",
        tables=files,
        negatives=request.wish.negatives,
        second_negatives=request.wish.second_negatives,
        label_sets=config.label_sets,
    )
    plan = make_plan(config, data)
    folder = BenchmarkFolder(files, data, config)
    folder.keep(FILMS, _kept_of(data))
    folder.keep_plan(plan)
    folder.keep_environment(device_name(choose_device()), torch.get_num_threads())
    for cell in cells_of(config, request.wish.folds or [fold.number for fold in plan.folds]):
        if problem := plan.problem(cell.task, cell.fold):
            folder.keep_result(cell.id, not_run(cell, problem))
    return {"outcome": Outcome.SUCCEEDED, "steps": steps_of(config, plan, request.wish.folds)}


def _kept_of(data: Dataset) -> dict[str, Any]:
    """All of a dataset but where it lies, and its label history, which only the plan needs."""
    names = [field.name for field in fields(data) if field.name not in ("storage", "history", "films")]
    return {"films": [film.to_json() for film in data.films], **{name: getattr(data, name) for name in names}}


def opened(storage: Storage, prefix: str) -> Open:
    """The run below ``prefix``, read anew. Raises StorageMissingError where it is not planned."""
    files = PrefixStorage(storage, prefix)
    reader = BenchmarkFolder(files, Dataset(storage, "", [], ""), BenchmarkConfig(""))
    for key in (PLAN, FILMS):
        if not files.exists(key):
            raise StorageMissingError(f"{prefix}{key} is not there: the run is not planned yet; plan it first")
    known, planned = reader.read(FILMS), reader.read(PLAN)
    data = Dataset(storage, **{**known, "films": [Film.from_json(film) for film in known["films"]]})
    folder = BenchmarkFolder(files, data, BenchmarkConfig.from_json(planned["config"]))
    return Open(folder, Plan.from_json(planned["plan"]), FilmMemory(folder.storage))


_last: list[tuple[Storage, str, Open]] = []


def _kept(storage: Storage, prefix: str) -> Open:
    """The run as the last step had it: a planned run does not change, and its films are in memory."""
    if not _last or _last[0][0] is not storage or _last[0][1] != prefix:
        _last[:] = [(storage, prefix, opened(storage, prefix))]
    return _last[0][2]


def _cell_of(run: Open, key: str) -> Cell:
    cells = cells_of(run.folder.config, [fold.number for fold in run.plan.folds])
    found = next((cell for cell in cells if cell.id == key), None)
    if found is None:
        raise BenchmarkError(f"step.key: {key!r} is no cell of this run's grid; plan the run again")
    return found


def _cell(request: BenchmarkRequest, storage: Storage, watch: Watch) -> dict[str, Any]:
    run = _kept(storage, request.prefix)
    folder, cell = run.folder, _cell_of(run, request.step.key)
    result = folder.succeeded(cell.id)
    if result is None:
        lungs = (
            lungs_of(folder, run.plan, cell.fold, cell.label_set, watch.on_progress, watch.should_cancel)
            if cell.task == INFECTION
            else None
        )
        asked = request_of(cell, folder.config, run.plan, folder.data.films, lungs, request.attempt)
        result = run_cell(
            asked,
            folder.storage,
            on_progress=watch.on_progress,
            should_cancel=watch.should_cancel,
            worker=watch.worker,
            memory=run.memory,
        )
        if result.outcome != Outcome.CANCELLED:
            folder.keep_result(cell.id, result)
        if result.outcome == Outcome.SUCCEEDED:
            discard_checkpoints(folder.storage, cell.id)
    return {
        "outcome": result.outcome,
        "error": result.error,
        "notes": result.notes,
        "validation_dsc": result.validation_dsc if result.outcome == Outcome.SUCCEEDED else None,
    }


def _lungs(request: BenchmarkRequest, storage: Storage, watch: Watch) -> dict[str, Any]:
    run = _kept(storage, request.prefix)
    lungs = lungs_of(
        run.folder, run.plan, request.step.fold, request.step.label_set, watch.on_progress, watch.should_cancel
    )
    return {"outcome": Outcome.SUCCEEDED, "notes": [lungs.note or f"drawn by {lungs.network}"]}


def _cost(request: BenchmarkRequest, storage: Storage, watch: Watch) -> dict[str, Any]:
    folder = _kept(storage, request.prefix).folder
    network = next((n for n in folder.config.networks() if n.name == request.step.network), None)
    if network is None:
        raise BenchmarkError(f"step.network: {request.step.network!r} is not in this run's grid; plan the run again")
    return {"outcome": Outcome.SUCCEEDED, "notes": [words for words in [measure_network(folder, network)] if words]}


def _report(request: BenchmarkRequest, storage: Storage, watch: Watch) -> dict[str, Any]:
    folder = _kept(storage, request.prefix).folder
    folder.report()
    document = folder.read(REPORT_PREFIX + "report.json")
    lines = [_line(row) for row in document["segmentation"]]
    return {"outcome": Outcome.SUCCEEDED, "lines": lines, "cautions": document["cautions"]}


def _line(row: dict[str, Any]) -> BenchmarkLine:
    dsc = row["dsc"]
    return BenchmarkLine(
        row["task"],
        row["scheme"],
        row["network"],
        row["folds"],
        row["films"],
        accuracy=row["accuracy"]["value"],
        iou=row["iou"]["value"],
        dsc=dsc["value"],
        dsc_low=dsc["low"],
        dsc_high=dsc["high"],
        paper_dsc=dsc["paper"],
    )


_STEPS: dict[str, Callable[[BenchmarkRequest, Storage, Watch], dict[str, Any]]] = {
    STEP_PLAN: _plan,
    STEP_CELL: _cell,
    STEP_LUNGS: _lungs,
    STEP_COST: _cost,
    STEP_REPORT: _report,
}
