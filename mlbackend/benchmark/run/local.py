"""The whole grid in this process, one cell after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from mlbackend.benchmark.cell import run_cell
from mlbackend.benchmark.config import INFECTION, BenchmarkConfig
from mlbackend.benchmark.cost import measure_cost
from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.run.cells import Cell, Lungs, cells_of, fold_name, request_of
from mlbackend.benchmark.run.folder import BenchmarkFolder
from mlbackend.benchmark.run.lungs import lungs_of
from mlbackend.contracts import CellResult, NetworkSpec, Outcome, Progress
from mlbackend.data.memory import FilmMemory
from mlbackend.models.device import choose_device, choose_precision, device_name

Say = Callable[[str], None]


def run_benchmark(
    folder: BenchmarkFolder,
    plan: Plan,
    *,
    folds: Sequence[int] = (),
    cost: bool = True,
    say: Say = print,
) -> list[CellResult]:
    """Run every cell that has not ended well yet; returns all results of the chosen cells in the grid's order.

    A cell that fails is told and stays as a failed row; the others go on. ``folds`` chooses some of the plan's.
    Precondition: the folder keeps this plan.
    """
    config = folder.config
    chosen = list(folds) or [fold.number for fold in plan.folds]
    device = choose_device()
    folder.keep_environment(device_name(device), torch.get_num_threads())
    memory = FilmMemory(folder.storage)
    cells = cells_of(config, chosen)
    results: list[CellResult] = []
    lungs: dict[tuple[int, str], Lungs] = {}
    for number, cell in enumerate(cells, start=1):
        head = f"[{number}/{len(cells)}] {cell.id}"
        done = folder.succeeded(cell.id)
        if done is not None:
            say(f"{head}: done before, validation DSC {done.validation_dsc:.4f}")
            results.append(done)
            continue
        problem = plan.problem(cell.task, cell.fold)
        if problem:
            result = not_run(cell, problem)
        else:
            place = (cell.fold, cell.label_set)
            if cell.task == INFECTION and place not in lungs:
                lungs[place] = lungs_of(folder, plan, *place)
                say(f"lungs of {fold_name(*place)}: {lungs[place].words}")
            request = request_of(cell, config, plan, folder.data.films, lungs.get(place))
            result = run_cell(
                request,
                folder.storage,
                on_progress=_Telling(head, say),
                should_cancel=lambda: False,
                memory=memory,
            )
        folder.keep_result(cell.id, result)
        say(f"{head}: {summary(result)}")
        results.append(result)
    if cost:
        measure(folder, config, say)
    return results


def not_run(cell: Cell, problem: str) -> CellResult:
    """The failed result of a cell that was never begun."""
    return CellResult(
        cell.id,
        1,
        Outcome.FAILED,
        problem,
        task=cell.task,
        scheme=cell.scheme,
        fold=cell.fold,
        network=cell.network,
        label_set=cell.label_set,
    )


def summary(result: CellResult) -> str:
    """How a cell ended, in a line."""
    notes = "".join(f"; {note}" for note in result.notes)
    if result.outcome != Outcome.SUCCEEDED:
        return f"{result.outcome}: {result.error}{notes}"
    return (
        f"validation DSC {result.validation_dsc:.4f} in epoch {result.best_epoch}, trained in "
        f"{result.train_seconds:.0f} s, scored in {result.score_seconds:.0f} s{notes}"
    )


def measure(folder: BenchmarkFolder, config: BenchmarkConfig, say: Say) -> None:
    """Measure what each network of the grid costs on this machine, unless that was done before."""
    for network in config.networks():
        if words := measure_network(folder, network):
            say(words)


def measure_network(folder: BenchmarkFolder, network: NetworkSpec) -> str:
    """Measure what a network costs on this machine, in words; empty where that was done before."""
    key = f"cost/{network.name}.json"
    if folder.read(key) is not None:
        return ""
    training, device = folder.config.training, choose_device()
    found = measure_cost(network, training.image_size, device, choose_precision(training.precision, device))
    folder.keep(key, found.to_json())
    return (
        f"cost of {network.name}: {found.parameters / 1e6:.2f} million parameters, {found.gflops:.1f} GFLOPs, "
        f"{found.ms_per_image:.2f} ms an image"
    )


class _Telling:
    """One line an epoch."""

    def __init__(self, head: str, say: Say) -> None:
        self._head, self._say, self._epoch = head, say, 0

    def __call__(self, progress: Progress) -> None:
        if not progress.curve or progress.curve[-1].epoch == self._epoch or progress.done != progress.curve[-1].epoch:
            return
        last = progress.curve[-1]
        self._epoch = last.epoch
        self._say(
            f"{self._head}: epoch {last.epoch}/{progress.total}, loss {last.train_loss:.4f}, validation DSC "
            f"{last.validation_dsc:.4f}, {last.images_per_second:.1f} images/s"
        )
