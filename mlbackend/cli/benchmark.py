"""``python -m mlbackend benchmark``: options, and the way to the report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbackend.benchmark.choice import chosen_config
from mlbackend.benchmark.config import BenchmarkConfig, benchmark_names
from mlbackend.benchmark.dataset import check_paths, load_dataset, open_dataset
from mlbackend.broker import broker_settings
from mlbackend.cli.errors import CommandError
from mlbackend.contracts import FINAL, LABELS, SCHEMES, TASKS, BenchmarkWish, Outcome
from mlbackend.environment import read

if TYPE_CHECKING:
    from mlbackend.benchmark.plan import Plan
    from mlbackend.benchmark.run import BenchmarkFolder
    from mlbackend.contracts import CellResult


def add_benchmark(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "benchmark",
        help="train and test a grid of networks on a dataset, and write the report beside the papers' tables",
    )
    parser.add_argument("--config", default="tahir2021", help=f"{', '.join(benchmark_names())}, or a YAML file")
    parser.add_argument(
        "--data", type=Path, required=True, help="an exported version, folder or ZIP, or a manifest CSV"
    )
    parser.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows")
    parser.add_argument(
        "--negatives",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="films of these labels without an infection mask count as without infection",
    )
    parser.add_argument(
        "--second-negatives",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="the same for a config's second split (qata's group II), which these films are in alone; without it that "
        "split is left out",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the benchmark; the same one goes on")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, help="only these tasks")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help="only these: unet, resnet18, fpn-resnet18 ...")
    parser.add_argument("--schemes", nargs="+", choices=SCHEMES, help="in place of the config's")
    parser.add_argument(
        "--labels",
        nargs="+",
        choices=LABELS,
        metavar="SET",
        help=f"masks to learn from, of {', '.join(LABELS)} (default final); all but final need the label history",
    )
    parser.add_argument("--fold", nargs="+", type=int, default=[], metavar="N", help="only these folds, from 1")
    parser.add_argument("--encoder-weights", help="in place of the config's: none, imagenet or file:PATH")
    parser.add_argument("--epochs", type=int, help="in place of the config's")
    parser.add_argument("--image-size", type=int, help="in place of the config's, in pixels")
    parser.add_argument("--batch-size", type=int, help="in place of the config's")
    parser.add_argument("--no-cost", action="store_true", help="do not measure parameters, operations and time")
    parser.add_argument(
        "--at-once",
        type=_at_once,
        metavar="N",
        help="networks trained beside each other on this machine, or auto: as many as measure best. By default auto on "
        "a GPU, 1 on a CPU",
    )
    parser.add_argument(
        "--queue",
        nargs="?",
        const=read("CELERY_BROKER_URL") or "",
        metavar="BROKER",
        help="share the cells among the GPU workers at this broker (CELERY_BROKER_URL); all see the same folders",
    )
    parser.add_argument("--report-only", action="store_true", help="train nothing; report what is there")


AUTO = "auto"


def _at_once(text: str) -> int | str:
    if text == AUTO:
        return AUTO
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; use a whole number from 1, or {AUTO}")
    return int(text)


def wish_of(options: argparse.Namespace) -> BenchmarkWish:
    """What the options ask for."""
    return BenchmarkWish(
        options.config,
        tasks=options.tasks or [],
        networks=options.networks or [],
        schemes=options.schemes or [],
        folds=options.fold,
        encoder_weights=options.encoder_weights or "",
        epochs=options.epochs,
        image_size=options.image_size,
        batch_size=options.batch_size,
        negatives=options.negatives,
        second_negatives=options.second_negatives,
        label_sets=options.labels or [],
    )


def benchmark(options: argparse.Namespace) -> None:
    """Run what is missing, then write the report."""
    config = chosen_config(wish_of(options))
    if not options.report_only:
        _check_file(config)
    elif not (options.out / "plan.json").is_file():
        raise CommandError(f"--report-only: {options.out} holds no benchmark; name the --out of one that was begun")
    # A ZIP would have to be unpacked; an export has no paths but its own.
    if not options.data.is_file() or options.data.suffix.lower() != ".zip":
        check_paths(open_dataset(options.data, options.out), options.where)
    # Torch takes seconds to load, on a busy machine a minute: not for a typing error.
    if not options.report_only and options.queue is None:
        _check_weights(config)
    from mlbackend.benchmark.plan import make_plan
    from mlbackend.benchmark.run import BenchmarkFolder

    options.out.mkdir(parents=True, exist_ok=True)
    data = load_dataset(
        open_dataset(options.data, options.out),
        options.where,
        negatives=options.negatives,
        second_negatives=options.second_negatives,
        label_sets=config.label_sets,
        on_film=_count,
    )
    plan = make_plan(config, data)
    folder = BenchmarkFolder.at(options.out, data, config)
    folder.keep_plan(plan)
    _tell(config, plan, folder)
    results = [] if options.report_only else _run(folder, plan, options)
    _say(f"report: {options.out / folder.report()}")
    if failed := [result for result in results if result.outcome != Outcome.SUCCEEDED]:
        raise CommandError(
            f"{len(failed)} of {len(results)} cells have no scores, the first because: {failed[0].error}. The report "
            "names each; the same command tries them again"
        )


def _check_file(config: BenchmarkConfig) -> None:
    """Raises CommandError where the config names a file of weights that is not there."""
    path = config.encoder_weights.removeprefix("file:")
    if path != config.encoder_weights and not Path(path).is_file():
        raise CommandError(f"encoder_weights: there is no file {path!r}; name one, or use none or imagenet")


def _check_weights(config: BenchmarkConfig) -> None:
    """Raises ConfigError where encoders cannot begin from their weights: not in each cell of a grid, hours later.

    Of this machine alone: whether workers elsewhere know CheXNet's, this process cannot say.
    """
    from mlbackend.models.encoders import check_start, check_weights
    from mlbackend.models.registry import check_network

    for network in config.networks():
        check_network(network)
        check_start(network)
    for network in {network.encoder: network for network in config.networks()}.values():
        check_weights(network)


def _run(folder: BenchmarkFolder, plan: Plan, options: argparse.Namespace) -> list[CellResult]:
    from mlbackend.benchmark.run import QueueRun, run_together, sender
    from mlbackend.messages import check_answers
    from mlbackend.models.device import choose_device

    if options.queue is None:
        wanted: int | str = options.at_once or (AUTO if choose_device().type == "cuda" else 1)
        at_once = wanted if isinstance(wanted, int) else None
        return run_together(folder, plan, at_once=at_once, folds=options.fold, cost=not options.no_cost, say=_say)
    if options.at_once is not None:
        raise CommandError("--at-once and --queue exclude each other: of a queue, each worker trains one at a time")
    if not options.queue:
        raise CommandError("--queue: no broker is named; write --queue redis://host/0, or set CELERY_BROKER_URL")
    try:
        broker = broker_settings(options.queue)
        check_answers(broker)
    except (ValueError, ConnectionError) as error:
        raise CommandError(f"--queue: {error}") from error
    return QueueRun(folder, plan, sender(broker), _say).run(options.fold, cost=not options.no_cost)


def _count(done: int, total: int) -> None:
    if done % 500 == 0 or (done == total and total >= 500):
        _say(f"looked for near duplicates among {done} of {total} films")


def _tell(config: BenchmarkConfig, plan: Plan, folder: BenchmarkFolder) -> None:
    for task in config.tasks:
        parts = plan.of(folder.data.films, task, 1)
        sizes = ", ".join(f"{split} {len(films)}" for split, films in parts.items())
        sets = f", labels {' '.join(config.label_sets)}" if config.label_sets != [FINAL] else ""
        _say(f"{task}: {len(config.networks())} networks, {config.folds} folds{sets}; films of fold 1: {sizes}")
        if config.second is not None:
            parts = plan.of(folder.data.films, task, config.second_fold)
            sizes = ", ".join(f"{split} {len(films)}" for split, films in parts.items())
            count = len(config.networks_of(config.second_fold))
            _say(f"{task}, {config.second.name} (fold {config.second_fold}): {count} networks; films: {sizes}")
    for words in (word for problems in plan.problems.values() for word in problems):
        _say(f"left out: {words}")


def _say(words: str) -> None:
    print(words, flush=True)
