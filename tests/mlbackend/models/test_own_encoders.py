"""Inception-v3 against torchvision's, CheXNet's files as they are passed on, and encoders that stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import get_encoder
from torchvision.models import densenet121, inception_v3

from mlbackend.config import ConfigError
from mlbackend.contracts import NetworkSpec
from mlbackend.models.encoders import check_start
from mlbackend.models.inceptionv3 import CHANNELS, STAGES
from mlbackend.models.registry import build_network, count_fixed, count_parameters


def test_inception_v3_halves_at_each_stage_and_gives_the_channels_it_says() -> None:
    encoder = build_network(NetworkSpec("unet", "inceptionv3")).encoder.eval()  # type: ignore[union-attr, operator]
    with torch.inference_mode():
        features = encoder(torch.zeros(1, 3, 64, 96))
    assert [tuple(feature.shape) for feature in features] == [
        (1, channels, 64 >> level, 96 >> level) for level, channels in enumerate(CHANNELS)
    ]


def test_inception_v3_takes_torchvisions_weights_and_computes_with_them_what_torchvision_does() -> None:
    """Where no border is in reach, padding makes no difference: the first stages' middle is the original's."""
    torch.manual_seed(1)
    original = inception_v3(weights=None, aux_logits=True, transform_input=False, init_weights=True).eval()
    encoder = build_network(NetworkSpec("unet", "inceptionv3")).encoder.eval()  # type: ignore[union-attr, operator]
    encoder.load_state_dict(original.state_dict())
    film = torch.randn(1, 3, 96, 96)
    with torch.inference_mode():
        ours = encoder(film)[1]
        x = torch.nn.functional.pad(film, (1, 1, 1, 1))
        for name in STAGES[0]:
            x = original.get_submodule(name)(x)
    torch.testing.assert_close(ours[..., 2:-2, 2:-2], x[..., 1:-1, 1:-1])
    names = {name for name, _ in encoder.named_parameters()}
    theirs = {name for name, _ in original.named_parameters() if not name.startswith(("AuxLogits.", "fc."))}
    assert names == theirs
    for name, parameter in encoder.named_parameters():
        assert torch.equal(parameter, original.get_parameter(name))


def _chexnet_file(folder: Path, form: str) -> tuple[Path, dict[str, torch.Tensor]]:
    """A DenseNet-121 for 14 findings as it is passed on, and what its encoder is to hold."""
    torch.manual_seed(2)
    donor = densenet121(weights=None, num_classes=14)
    for buffer in donor.buffers():
        if buffer.is_floating_point():
            buffer.add_(torch.rand_like(buffer))
    state = {name: value.clone() for name, value in donor.state_dict().items()}
    wanted = {name: value for name, value in state.items() if not name.startswith("classifier")}
    path = folder / f"chexnet-{form}.pth"
    if form == "plain":
        torch.save(state, path)
    elif form == "safetensors":
        path = folder / "chexnet.safetensors"
        save_file(state, path)
    elif form == "parallel":
        torch.save({f"module.densenet121.{name}": value for name, value in state.items()}, path)
    else:
        old = {}
        for name, value in state.items():
            if name.endswith("num_batches_tracked"):
                continue
            for part in ("norm", "conv"):
                for number in "12":
                    if ".denselayer" in name:
                        name = name.replace(f".{part}{number}.", f".{part}.{number}.")
            old[f"module.densenet121.{name.replace('classifier.', 'classifier.0.')}"] = value
        torch.save({"epoch": 7, "state_dict": old, "best_loss": 0.5}, path)
    return path, wanted


@pytest.mark.parametrize("form", ["plain", "safetensors", "parallel", "old"])
def test_chexnets_weights_load_in_every_form_that_they_are_passed_on_in(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, wanted = _chexnet_file(tmp_path, form)
    monkeypatch.setenv("CHEXNET_WEIGHTS", str(path))
    network = build_network(NetworkSpec("unet", "chexnet", "imagenet"))
    found = network.encoder.state_dict()  # type: ignore[union-attr, operator]
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted.keys() - counters)


def test_chexnet_is_a_densenet_121() -> None:
    assert str(get_encoder("chexnet")) == str(get_encoder("densenet121"))


@pytest.mark.parametrize(
    ("weights", "named", "words"),
    [
        ("none", None, "without its weights is densenet121"),
        ("imagenet", None, "set CHEXNET_WEIGHTS to the path"),
        ("imagenet", "/absent/chexnet.pth", "file /absent/chexnet.pth does not exist"),
        ("file:/absent/other.pth", None, "file /absent/other.pth does not exist"),
    ],
)
def test_chexnet_does_not_learn_without_its_weights_and_says_what_to_do(
    weights: str, named: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHEXNET_WEIGHTS", raising=False)
    if named:
        monkeypatch.setenv("CHEXNET_WEIGHTS", named)
    with pytest.raises(ConfigError, match=words) as error:
        check_start(NetworkSpec("unet", "chexnet", weights))
    assert "network.encoder_weights" in str(error.value)


class _Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it ran",)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hostile.pth"
    torch.save({"state_dict": _Hostile()}, path)
    with pytest.raises(ConfigError, match="no state dict of chexnet"):
        build_network(NetworkSpec("unet", "chexnet", f"file:{path}"))
    assert "it ran" not in capsys.readouterr().out


def test_a_file_of_two_networks_or_of_none_is_no_densenet(tmp_path: Path) -> None:
    weight = torch.zeros(64, 3, 7, 7)
    for names, count in ((["a.features.conv0.weight", "b.features.conv0.weight"], 2), (["conv1.weight"], 0)):
        path = tmp_path / f"{count}.safetensors"
        save_file({name: weight.clone() for name in names}, path)
        with pytest.raises(ConfigError, match=f"{count} entries end in 'features.conv0.weight'"):
            build_network(NetworkSpec("unet", "chexnet", f"file:{path}"))


@pytest.mark.parametrize("architecture", ["unet", "unetplusplus", "dla"])
@pytest.mark.parametrize("encoder", ["densenet121", "efficientnet-b0"])
def test_of_a_frozen_encoder_no_parameter_and_no_statistic_moves(architecture: str, encoder: str) -> None:
    torch.manual_seed(1)
    network = build_network(NetworkSpec(architecture, encoder, classes=1, encoder_frozen=True)).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        network(torch.randn(4, 3, 64, 64)).square().mean().backward()
        optimizer.step()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert not {name for name in moved if name.startswith("encoder.")}
    statistics = {name for name in before if name.startswith("decoder.") and name.endswith("running_mean")}
    assert statistics <= moved
    assert {name for name, _ in network.named_parameters() if not name.startswith("encoder.")} <= moved


def test_a_frozen_encoder_sees_the_same_film_the_same_way_in_training_and_in_evaluation() -> None:
    """Its dropped paths too are those of evaluation, whatever mode the network is in."""
    network = build_network(NetworkSpec("dla", "efficientnet-b0", encoder_frozen=True))
    film = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        trained = network.train().encoder(film)[-1]  # type: ignore[union-attr, operator]
        assert torch.equal(trained, network.eval().encoder(film)[-1])  # type: ignore[union-attr, operator]


def test_trainable_and_fixed_values_of_a_network_are_told_apart() -> None:
    trained, frozen = (build_network(NetworkSpec("unet", "resnet18", encoder_frozen=f)) for f in (False, True))
    statistics = sum(b.numel() for name, b in trained.named_buffers() if not name.endswith("num_batches_tracked"))
    assert count_parameters(trained) == sum(p.numel() for p in trained.parameters())
    assert count_fixed(trained) == statistics
    encoder = sum(p.numel() for p in frozen.encoder.parameters())  # type: ignore[union-attr, operator]
    assert count_parameters(frozen) == count_parameters(trained) - encoder
    assert count_fixed(frozen) == statistics + encoder


def test_a_frozen_encoder_is_part_of_the_networks_name() -> None:
    assert NetworkSpec("dla", "resnet50").name == "dla-resnet50"
    assert NetworkSpec("dla", "resnet50", encoder_frozen=True).name == "dla-resnet50-frozen"
