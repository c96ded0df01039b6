"""``python -m mlbackend activation``: infection maps beside the activation maps of a classifier, with figures."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from mlbackend.config import Experiment, config_names, load_experiment


def add_activation(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "activation", help="hold infection maps against a classifier's activation maps (Grad-CAM), film by film"
    )
    parser.add_argument(
        "--manifest", type=Path, required=True, help="CSV with image and mask_infection, or an exported version"
    )
    parser.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows")
    parser.add_argument(
        "--negatives",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="films of these labels without an infection mask count as without infection",
    )
    parser.add_argument("--config", default="scratch", help=f"{', '.join(config_names())}, or a YAML file")
    parser.add_argument("--encoder", help="in place of the config's, for both networks")
    parser.add_argument("--encoder-weights", help="in place of the config's: none, imagenet or file:PATH")
    parser.add_argument("--epochs", type=int, help="of the segmentation network, in place of the config's")
    parser.add_argument("--image-size", type=int, help="in place of the config's, in pixels, for both")
    parser.add_argument("--batch-size", type=int, help="in place of the config's, for both")
    parser.add_argument("--classifier-epochs", type=int, default=10, help="of the classifier (default: the paper's 10)")
    parser.add_argument(
        "--classifier-rate", type=float, default=1e-5, help="its learning rate (default: the paper's 1e-5)"
    )
    parser.add_argument("--folds", type=int, default=5, help="parts, each looked at by networks of the others")
    parser.add_argument("--out", type=Path, required=True, help="folder of the comparison; the same one goes on")


def experiment_of(options: argparse.Namespace) -> Experiment:
    """The segmentation's experiment with the options' changes; raises ConfigError."""
    experiment = load_experiment(options.config)
    network = {"encoder": options.encoder, "encoder_weights": options.encoder_weights}
    training = {"epochs": options.epochs, "image_size": options.image_size, "batch_size": options.batch_size}
    return dataclasses.replace(
        experiment,
        network=dataclasses.replace(experiment.network, **_given(network)),
        training=dataclasses.replace(experiment.training, **_given(training)),
    )


def run_activation(options: argparse.Namespace) -> None:
    """Train what is missing, then write index.html, sheet.png, films.csv and figures.json into ``--out``.

    Raises ConfigError, ManifestError or ImageError in words.
    """
    experiment = experiment_of(options)
    # Torch takes seconds to load: not for a typing error.
    from mlbackend.activation.compare import compare
    from mlbackend.activation.settings import ComparisonSettings
    from mlbackend.activation.sheet import write_sheet
    from mlbackend.activation.training import ClassifierSettings
    from mlbackend.benchmark.dataset import load_dataset, open_dataset

    classifier = ClassifierSettings(options.classifier_epochs, options.classifier_rate)
    settings = ComparisonSettings(experiment, classifier, options.folds)
    options.out.mkdir(parents=True, exist_ok=True)
    data = load_dataset(open_dataset(options.manifest, options.out), options.where, negatives=options.negatives)
    films = compare(data, settings, options.out, lambda words: print(words, flush=True))
    print(f"report: {write_sheet(options.out, data, settings, films)}")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
