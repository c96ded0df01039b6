"""The whole grid on this machine, several cells at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.run.at_once import MOST, AtOnce, choose, threads_of, try_out
from mlbackend.benchmark.run.cells import cells_of
from mlbackend.benchmark.run.folder import BenchmarkFolder
from mlbackend.benchmark.run.local import Say, run_benchmark
from mlbackend.benchmark.run.queue import QueueRun
from mlbackend.benchmark.run.team import SEND_AGAIN_SECONDS, Team, forget_dead
from mlbackend.contracts import CellResult
from mlbackend.models.device import choose_device, choose_precision, device_name, memory_free

AT_ONCE = "at_once.json"


def run_together(
    folder: BenchmarkFolder,
    plan: Plan,
    *,
    at_once: int | None = None,
    folds: Sequence[int] = (),
    cost: bool = True,
    say: Say = print,
) -> list[CellResult]:
    """As ``run_benchmark``, with ``at_once`` cells beside each other; None measures how many serve best.

    Each network's numbers are those that it has alone with the same number of CPU threads. Killed in the middle, the
    next start goes on with each cell from its last epoch.
    """
    chosen = how_many(folder, at_once, say)
    if chosen.count == 1:
        return run_benchmark(folder, plan, folds=folds, cost=cost, say=say)
    folder.keep_environment(device_name(choose_device()), chosen.threads)
    for cell in cells_of(folder.config, [fold.number for fold in plan.folds]):
        forget_dead(folder.storage, cell.id)
    with Team(chosen.count, chosen.threads) as team:
        queue = QueueRun(
            folder, plan, team.send, say, poll_seconds=0.2, send_again_seconds=SEND_AGAIN_SECONDS, at_most=chosen.count
        )
        results = queue.run(folds, cost=False)
    if cost:
        # Alone: what other networks do beside it must not count as a network's cost.
        queue.measure()
    return results


def how_many(folder: BenchmarkFolder, asked: int | None, say: Say) -> AtOnce:
    """As asked, as measured by an earlier start on this folder, or as measured now."""
    settings = folder.config.training
    if asked is not None:
        return AtOnce(asked, threads_of(asked, settings.threads), "as asked")
    known = folder.read(AT_ONCE)
    if known is not None:
        return AtOnce.from_json(known, AT_ONCE)
    device, network = choose_device(), folder.config.networks()[0]
    precision = choose_precision(settings.precision, device)
    most = MOST if device.type == "cuda" else min(MOST, threads_of(1, settings.threads))
    chosen = choose(
        network, settings, len(folder.data.films), memory_free(device), most,
        partial(try_out, network, settings, precision),
    )  # fmt: skip
    folder.keep(AT_ONCE, chosen.to_json())
    rates = ", ".join(f"{trial.count}: {trial.images_per_second:.1f} images/s" for trial in chosen.trials)
    say(f"{chosen.count} networks at once with {chosen.threads} threads each ({rates}; {chosen.why})")
    return chosen
