"""Benchmarks as data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.config import benchmark_names, check_benchmark, load_benchmark
from mlbackend.config import ConfigError
from mlbackend.models.registry import check_network
from tests.mlbackend.benchmark.world import config


@pytest.mark.parametrize("name", benchmark_names())
def test_every_benchmark_that_comes_with_the_project_can_be_run(name: str) -> None:
    loaded = load_benchmark(name)
    assert loaded.name == name
    assert loaded.source
    for network in loaded.networks():
        check_network(network)


def test_the_papers_grid_is_its_fifteen_networks_with_its_settings() -> None:
    paper = load_benchmark("tahir2021")
    assert len({network.name for network in paper.networks()}) == 15
    assert (paper.folds, paper.test_share, paper.threshold) == (5, 0.2, 0.5)
    training = paper.training
    assert (training.image_size, training.batch_size, training.epochs, training.learning_rate) == (256, 4, 40, 1e-4)
    assert (training.lr_patience, training.lr_factor, training.early_stopping) == (3, 5.0, 8)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tasks", ["lungs"], "use one of lung, infection"),
        ("tasks", [], "give at least one"),
        ("encoders", ["resnet18", "resnet18"], "names one twice"),
        ("architectures", ["vnet"], "use one of unet"),
        ("folds", 1, "from 2 to 20"),
        ("test_share", 1.0, "between 0 and 1"),
        ("threshold", float("nan"), "between 0 and 1"),
        ("test", "random", "use one of fixed, folds"),
        ("lung_network", "unet-vgg", "use one of best"),
        ("only", ["unet-resnet18"], "use one of fpn-mobilenet_v2"),
        ("seed", -1, "from 0"),
        ("label_sets", ["stage4"], "use one of candidate, stage2, stage3, final"),
        ("label_sets", ["final", "candidate"], "not in the stages' order"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name_with_what_is_valid(field: str, value: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        check_benchmark(dataclasses.replace(config(), **{field: value}))
    assert field in str(error.value)


def test_untrained_networks_are_no_benchmark() -> None:
    untrained = dataclasses.replace(config().training, epochs=0)
    with pytest.raises(ConfigError, match="epochs"):
        check_benchmark(config(training=untrained))


def test_a_file_with_an_unknown_field_is_refused_by_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nfold: 3\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml.*fold"):
        load_benchmark(str(path))


def test_numbers_in_scientific_notation_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntraining:\n  learning_rate: 1e-3\n")
    assert load_benchmark(str(path)).training.learning_rate == 1e-3
