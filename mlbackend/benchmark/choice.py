"""From a wish to a config: the part of the grid and the settings that somebody chose."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from mlbackend.benchmark.config import CASCADED, INFECTION, BenchmarkConfig, check_benchmark, load_benchmark
from mlbackend.benchmark.labels import ordered
from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import LABELS, BenchmarkWish

TRAINING = ("epochs", "image_size", "batch_size")


def chosen_config(wish: BenchmarkWish) -> BenchmarkConfig:
    """The config with what the wish changes; changed settings stand among its deviations. Raises ConfigError."""
    config = load_benchmark(wish.config)
    training = {name: value for name in TRAINING if (value := getattr(wish, name)) is not None}
    changes: dict[str, Any] = {
        name: value for name in ("tasks", "schemes", "encoder_weights") if (value := getattr(wish, name))
    }
    if training:
        changes["training"] = dataclasses.replace(config.training, **training)
        what = ", ".join(f"{name} {value}" for name, value in training.items())
        changes["deviations"] = [*config.deviations, f"changed for this run: {what}."]
    if CASCADED in wish.schemes and INFECTION not in changes.get("tasks", config.tasks):
        raise ConfigError(
            f"schemes: {CASCADED!r} is of infection networks; add infection to the tasks, or leave it out"
        )
    changes |= _grid(config, wish.networks) | _second(config, wish, changes.get("deviations", config.deviations))
    for name in wish.label_sets:
        require_one_of("label_sets", name, LABELS)
    changes["label_sets"] = ordered(wish.label_sets or config.label_sets)
    config = dataclasses.replace(config, **changes)
    check_benchmark(config)
    for fold in wish.folds:
        require_one_of("fold", fold, range(1, (config.second_fold or config.folds) + 1))
    return config


def _second(config: BenchmarkConfig, wish: BenchmarkWish, deviations: Sequence[str]) -> dict[str, Any]:
    """The second split goes where nobody says which films are its own. Raises ConfigError where there is none."""
    if config.second is None and wish.second_negatives:
        raise ConfigError(
            f"second_negatives: the config {config.name} has no second split; leave them out, or use qata"
        )
    if config.second is None or wish.second_negatives:
        return {}
    words = f"{config.second.name} is left out: no label is named whose films are its controls (second negatives)."
    return {"second": None, "deviations": [*deviations, words]}


def _grid(config: BenchmarkConfig, names: Sequence[str]) -> dict[str, Any]:
    """Architectures and encoders that ``names`` leave. Raises ConfigError for a name that is none of the grid's."""
    if not names:
        return {}
    known = {network.name: network for network in config.networks()}
    chosen = set()
    for name in names:
        found = [n for n in known.values() if name in (n.name, n.architecture, n.encoder)]
        if not found:
            valid = [*config.architectures, *config.encoders, *known]
            raise ConfigError(f"networks: {name!r} is not in the grid; use some of {', '.join(valid)}")
        chosen |= {network.name for network in found}
    return {"only": [name for name in known if name in chosen]}
