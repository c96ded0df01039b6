"""``python -m mlbackend``: the commands and their options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlbackend.cli.activation import add_activation, run_activation
from mlbackend.cli.benchmark import add_benchmark, benchmark
from mlbackend.cli.errors import CommandError
from mlbackend.cli.maps import add_map, run_map
from mlbackend.config import ConfigError, config_names
from mlbackend.contracts import ARCHITECTURES, ContractError
from mlbackend.data.manifest import ManifestError
from mlbackend.data.reading import ImageError
from mlbackend.storage import StorageError


def build_parser() -> argparse.ArgumentParser:
    """Parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m mlbackend", description="Train networks and use them.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train a network on the films of a manifest")
    train.add_argument("--manifest", type=Path, required=True, help="CSV with the columns image and mask_TARGET")
    train.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows")
    train.add_argument("--target", default="lung", help="which mask column: lung or infection (default: lung)")
    train.add_argument("--config", default="scratch", help=f"{', '.join(config_names())}, or a YAML file")
    train.add_argument("--architecture", help=f"in place of the config's: {', '.join(ARCHITECTURES)}")
    train.add_argument("--encoder", help="in place of the config's, for example densenet121")
    train.add_argument("--epochs", type=int, help="in place of the config's")
    train.add_argument("--limit", type=int, help="use so many films, drawn at random")
    train.add_argument("--validation", type=float, default=0.2, help="share held out by patient (default: 0.2)")
    train.add_argument("--out", type=Path, required=True, help="folder for weights.safetensors and card.json")
    predict = commands.add_parser("predict", help="draw the masks of image files; quantify infection")
    predict.add_argument("--weights", type=Path, required=True, help="folder that train wrote")
    predict.add_argument(
        "--infection",
        type=Path,
        help="folder of an infection network: shares, detection, pictures beside the masks",
    )
    predict.add_argument("--scheme", default="parallel", help="parallel (default), or cascaded: it sees the lungs only")
    predict.add_argument("--times", type=Path, help="CSV with image, patient_id, study_date: severity over time")
    predict.add_argument("--threshold", type=float, default=0.5)
    predict.add_argument("--out", type=Path, required=True, help="folder for the masks, 1-bit PNG")
    predict.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_map(commands)
    add_activation(commands)
    add_benchmark(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 1 with one line on stderr that says what is wrong."""
    options = build_parser().parse_args(argv)
    try:
        _run(options)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except Exception as error:
        # Second: their modules load torch, which takes seconds.
        if not isinstance(error, TOLD) and not isinstance(error, _also_told()):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


TOLD = CommandError, ConfigError, ContractError, ImageError, ManifestError, StorageError, OSError
"""Errors whose words are for whoever gave the command."""


def _also_told() -> tuple[type[Exception], ...]:
    from mlbackend.benchmark.report import ReportError
    from mlbackend.benchmark.run.folder import BenchmarkError
    from mlbackend.models.weights import WeightsError
    from mlbackend.prediction.severity import TimesError

    return BenchmarkError, ReportError, TimesError, WeightsError


def _run(options: argparse.Namespace) -> None:
    if options.command == "benchmark":
        benchmark(options)
    elif options.command == "map":
        run_map(options)
    elif options.command == "activation":
        run_activation(options)
    else:
        # Torch takes seconds to load: not for --help or a typing error.
        from mlbackend.cli.run import run_predict, run_train

        (run_train if options.command == "train" else run_predict)(options)
