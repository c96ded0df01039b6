"""Experiments as data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlbackend.benchmark.config import load_benchmark
from mlbackend.config import ConfigError, check_training, config_names, load_experiment
from mlbackend.contracts import TrainingSettings
from mlbackend.models.registry import check_network


@pytest.mark.parametrize("name", config_names())
def test_every_experiment_loads_and_can_be_built(name: str) -> None:
    experiment = load_experiment(name)
    assert experiment.name == name
    check_network(experiment.network)


def test_the_papers_experiment_has_the_papers_numbers() -> None:
    settings = load_experiment("tahir2021").training
    assert (settings.image_size, settings.batch_size, settings.epochs) == (256, 4, 40)
    assert (settings.learning_rate, settings.beta1, settings.beta2) == (1e-4, 0.9, 0.999)
    assert (settings.schedule, settings.lr_patience, settings.lr_factor) == ("plateau", 3, 5.0)
    assert (settings.early_stopping, settings.loss) == (8, "cross_entropy")


def test_the_second_papers_experiment_trains_as_its_benchmark_does() -> None:
    experiment, benchmark = load_experiment("degerli2021"), load_benchmark("qata")
    assert experiment.training == benchmark.training
    assert experiment.network in benchmark.networks()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("schedule", "cosine", "plateau, onecycle, constant"),
        ("augmentation", "heavy", "none, light"),
        ("loss", "mse", "cross_entropy"),
        ("precision", "fp16", "auto, bf16, fp32"),
        ("image_size", 100, "multiple of 32 such as 96"),
        ("epochs", -1, "from 0"),
        ("learning_rate", float("nan"), "nan"),
        ("batch_size", 0, "from 1"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_valid(field: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=rf"training\.{field}.*{words}"):
        check_training(replace(TrainingSettings(), **{field: value}))  # type: ignore[arg-type]


def test_a_files_fault_is_told_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ndescription: d\ntraining: {epoch: 3}\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml.*unknown field 'epoch'.*epochs"):
        load_experiment(str(path))
    path.write_text("name: [")
    with pytest.raises(ConfigError, match=r"mine\.yaml is not valid YAML"):
        load_experiment(str(path))
    with pytest.raises(ConfigError, match="could not be read"):
        load_experiment(str(tmp_path / "absent.yaml"))


def test_numbers_without_a_dot_before_the_exponent_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ndescription: d\ntraining: {learning_rate: 1e-4}\n")
    assert load_experiment(str(path)).training.learning_rate == 1e-4


def test_an_unknown_experiment_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match="scratch, tahir2021"):
        load_experiment("nothing")
