"""Experiments as data: one YAML file each, read into the contracts' dataclasses and checked when read.

Imports no torch, so that a settings page can check what a person typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mlbackend.contracts import (
    AUGMENTATIONS,
    LOSSES,
    PRECISIONS,
    SCHEDULES,
    ContractError,
    Message,
    NetworkSpec,
    TrainingSettings,
)

CONFIGS = Path(__file__).parent / "configs"


class ConfigError(ValueError):
    """A setting that is not valid; names the field, the value and what is valid."""


@dataclass(frozen=True)
class Experiment(Message):
    """A named set of network and training settings."""

    name: str
    description: str
    source: str = ""
    """Paper and section that the settings come from, or how they were found."""
    deviations: list[str] = field(default_factory=list)
    """What differs from the source, and why."""
    network: NetworkSpec = field(default_factory=NetworkSpec)
    training: TrainingSettings = field(default_factory=TrainingSettings)


def require_one_of(name: str, value: object, valid: Iterable[object]) -> None:
    """Raise ConfigError with the list of valid values unless ``value`` is one of them."""
    names = list(valid)
    if value not in names:
        raise ConfigError(f"{name}: {value!r} is not valid; use one of {', '.join(map(str, names))}")


def _require_range(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{name}: {value!r} is not valid; use a number from {low:g} to {high:g}")


def check_training(settings: TrainingSettings) -> None:
    """Raise ConfigError, naming the field and the valid values, where a training setting is not valid."""
    at = "training"
    _require_range(f"{at}.image_size", settings.image_size, 32, 4096)
    if settings.image_size % 32:
        near = max(32, round(settings.image_size / 32) * 32)
        raise ConfigError(f"{at}.image_size: {settings.image_size} is not valid; use a multiple of 32 such as {near}")
    _require_range(f"{at}.batch_size", settings.batch_size, 1, 4096)
    _require_range(f"{at}.micro_batch", settings.micro_batch, 0, settings.batch_size)
    _require_range(f"{at}.epochs", settings.epochs, 0, 100_000)
    _require_range(f"{at}.learning_rate", settings.learning_rate, 1e-9, 10)
    _require_range(f"{at}.beta1", settings.beta1, 0, 0.999999)
    _require_range(f"{at}.beta2", settings.beta2, 0, 0.9999999)
    _require_range(f"{at}.weight_decay", settings.weight_decay, 0, 10)
    _require_range(f"{at}.lr_patience", settings.lr_patience, 1, 100_000)
    _require_range(f"{at}.lr_factor", settings.lr_factor, 1.000001, 1e6)
    _require_range(f"{at}.early_stopping", settings.early_stopping, 0, 100_000)
    _require_range(f"{at}.balance", settings.balance, 0, 1000)
    if 0 < settings.balance < 1:
        raise ConfigError(f"{at}.balance: {settings.balance!r} is not valid; use 0, or a number from 1")
    _require_range(f"{at}.seed", settings.seed, 0, 2**62)
    _require_range(f"{at}.threads", settings.threads, 0, 4096)
    require_one_of(f"{at}.schedule", settings.schedule, SCHEDULES)
    require_one_of(f"{at}.loss", settings.loss, LOSSES)
    require_one_of(f"{at}.augmentation", settings.augmentation, AUGMENTATIONS)
    require_one_of(f"{at}.precision", settings.precision, PRECISIONS)


def config_names() -> list[str]:
    """Names of the experiments that come with the project."""
    return sorted(path.stem for path in CONFIGS.glob("*.yaml"))


def read_settings(name_or_path: str, folder: Path) -> tuple[str, Any]:
    """File name and content of a YAML file: one of ``folder``'s by its name, or any by its path. Raises ConfigError."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        require_one_of("config", name_or_path, sorted(known.stem for known in folder.glob("*.yaml")))
        path = folder / f"{name_or_path}.yaml"
    try:
        return path.name, _numbers(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"config {name_or_path!r} could not be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"config {path.name} is not valid YAML: {error}") from error


def load_experiment(name_or_path: str) -> Experiment:
    """Read an experiment by its name among ``configs/`` or by the path of a YAML file.

    Raises ConfigError naming file, field and valid values. Names of networks are checked when a network is built.
    """
    name, data = read_settings(name_or_path, CONFIGS)
    try:
        experiment = Experiment.from_json(data, at=name)
        check_training(experiment.training)
    except (ContractError, ConfigError) as error:
        raise ConfigError(f"config {name}: {error}") from error
    return experiment


def _numbers(data: Any) -> Any:
    """Numbers that YAML 1.1 reads as text, because it asks for a dot before the exponent: 1e-4."""
    if isinstance(data, dict):
        return {key: _numbers(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_numbers(value) for value in data]
    if isinstance(data, str) and data[:1].isdigit() and "e" in data.lower():
        try:
            return float(data)
        except ValueError:
            return data
    return data
