"""Networks by name, and their sizes against the paper's table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import mlbackend
from mlbackend.config import ConfigError
from mlbackend.contracts import NetworkSpec
from mlbackend.models.registry import ARCHITECTURES, PAPER_ENCODERS, build_network, count_parameters

PAPER_ARCHITECTURES = ("unet", "unetplusplus", "fpn")
REFERENCE = Path(mlbackend.__file__).parent / "benchmark" / "reference"
TABLE_4 = list(csv.DictReader((REFERENCE / "tahir2021_table4_cost.csv").read_text().splitlines()))


def test_table_4_holds_the_fifteen_networks() -> None:
    named = {(row["architecture"], row["encoder"]) for row in TABLE_4}
    assert named == {(architecture, encoder) for architecture in PAPER_ARCHITECTURES for encoder in PAPER_ENCODERS}


@pytest.mark.parametrize("row", TABLE_4, ids=lambda row: f"{row['architecture']}-{row['encoder']}")
def test_parameters_are_those_of_table_4(row: dict[str, str]) -> None:
    with torch.device("meta"):
        network = build_network(NetworkSpec(row["architecture"], row["encoder"]))
    millions = count_parameters(network) / 1e6
    assert millions == pytest.approx(float(row["trainable_parameters_millions"]), abs=0.025)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("classes", [1, 2])
def test_a_network_gives_logits_of_the_films_size(architecture: str, classes: int) -> None:
    network = build_network(NetworkSpec(architecture, "resnet18", classes=classes)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 32)).shape == (2, classes, 64, 32)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (NetworkSpec("segnet"), r"architecture: 'segnet'.*unet, unetplusplus, fpn, dla"),
        (NetworkSpec("unet", "resnet19"), r"encoder: 'resnet19'.*densenet121.*resnet18"),
        (NetworkSpec(encoder_weights="imagenet21k"), r"encoder_weights.*none, imagenet or file:PATH"),
        (NetworkSpec(encoder_weights="file:/absent.pth"), r"file /absent.pth does not exist"),
        (NetworkSpec(classes=3), r"classes: 3"),
    ],
)
def test_what_cannot_be_built_is_named_with_what_can(spec: NetworkSpec, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_network(spec)


def test_weights_that_cannot_be_downloaded_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setitem(ARCHITECTURES, "unet", fail)
    with pytest.raises(ConfigError, match=r"resnet18 could not be had \(no route to host\).*file:PATH"):
        build_network(NetworkSpec(encoder_weights="imagenet"))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_an_encoder_starts_from_a_local_file(tmp_path: Path, suffix: str) -> None:
    donor = build_network(NetworkSpec())
    state = {name: value.clone() for name, value in donor.encoder.state_dict().items()}  # type: ignore[union-attr]
    path = tmp_path / f"encoder{suffix}"
    if suffix == ".pth":
        torch.save({**state, "fc.weight": torch.zeros(1), "fc.bias": torch.zeros(1)}, path)
    else:
        save_file(state, path)
    network = build_network(NetworkSpec(encoder_weights=f"file:{path}"))
    assert torch.equal(network.encoder.conv1.weight, state["conv1.weight"])  # type: ignore[union-attr]


def test_a_file_of_another_encoder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"conv1.weight": torch.zeros(2)}, path)
    with pytest.raises(ConfigError, match="no state dict of resnet18"):
        build_network(NetworkSpec(encoder_weights=f"file:{path}"))
