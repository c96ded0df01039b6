"""What may be wished for, checked before anything is made. The configs are data and load no torch."""

from __future__ import annotations

from typing import Any

from annotation.common.errors import InvalidInput
from annotation.exports.models import DatasetItem, DatasetVersion
from mlbackend.benchmark.choice import chosen_config
from mlbackend.benchmark.config import BenchmarkConfig, load_benchmark
from mlbackend.config import ConfigError
from mlbackend.contracts import BENCHMARK_CONFIGS, BenchmarkWish

ENCODER_WEIGHTS = ("", "none", "imagenet")
"""The config's own, none, or the library's download. Files of a worker are not for those who ask over REST."""


def wish_check(wish: BenchmarkWish, version: DatasetVersion) -> BenchmarkConfig:
    """The config that comes of the wish; raises InvalidInput naming the field and the remedy."""
    if wish.config not in BENCHMARK_CONFIGS:
        raise InvalidInput(
            f"there is no benchmark {wish.config!r}", field="config", value=wish.config,
            remedy=f"use {', '.join(BENCHMARK_CONFIGS)}",
        )  # fmt: skip
    try:
        config = chosen_config(wish)
    except ConfigError as error:
        field = str(error).partition(":")[0]
        raise InvalidInput(str(error), field=field.rpartition(".")[2] if len(field) < 40 else "config") from error
    targets = [head["target"] for head in version.projects]
    missing = [task for task in config.tasks if task not in targets]
    if missing:
        raise InvalidInput(
            f"version {version.number} has no masks of {missing[0]}", field="tasks", value=config.tasks,
            remedy=f"choose the task {' and '.join(targets)} alone, or join a project of {missing[0]} when you freeze",
        )  # fmt: skip
    _check_labels(wish, version)
    return config


def _check_labels(wish: BenchmarkWish, version: DatasetVersion) -> None:
    if not wish.negatives and not wish.second_negatives:
        return
    found = DatasetItem.objects.filter(version=version).values_list("row__label", flat=True).distinct()
    known = sorted({label for label in found if label})
    wanted = [("negatives", label) for label in wish.negatives]
    wanted += [("second_negatives", label) for label in wish.second_negatives]
    for field, label in wanted:
        if label.lower() not in {one.lower() for one in known}:
            raise InvalidInput(
                f"no film of version {version.number} has the label {label!r}", field=field, value=label,
                remedy=f"use {', '.join(known) or 'none: its films have no labels'}",
            )  # fmt: skip


def config_facts(name: str) -> dict[str, Any]:
    """A config in the words of a form."""
    config = load_benchmark(name)
    return {
        "name": config.name,
        "description": config.description,
        "source": config.source,
        "deviations": config.deviations,
        "tasks": config.tasks,
        "schemes": config.schemes,
        "networks": [network.name for network in config.networks()],
        "encoder_weights": config.encoder_weights,
        "folds": config.folds,
        "second": config.second.name if config.second else "",
        "second_networks": [network.name for network in config.networks_of(config.second_fold)]
        if config.second
        else [],
        "image_size": config.training.image_size,
        "batch_size": config.training.batch_size,
        "epochs": config.training.epochs,
    }
