"""Training as degerli2021 has it: frozen encoders, balanced classes, one channel with a sigmoid."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from mlbackend.contracts import ModelRef, NetworkSpec, Outcome, PredictChunk, PredictRequest, TrainSample
from mlbackend.data.augmentation import apply_changes
from mlbackend.data.reading import read_gray, read_mask
from mlbackend.data.resident import ResidentFilms
from mlbackend.prediction import predict
from mlbackend.prediction.engine import load_engine
from mlbackend.prediction.pipeline import Pipeline
from mlbackend.storage import FolderStorage
from mlbackend.training.module import Batches
from tests.mlbackend import world

FROZEN = NetworkSpec("unet", "resnet18", classes=1, encoder_frozen=True)


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return world.folder(tmp_path)


def with_empty_films(listed: list[TrainSample], every: int = 3) -> list[TrainSample]:
    """Only every third film keeps its mask; those without foreground are the commoner class."""
    return [s if place % every == 0 else dataclasses.replace(s, mask_key="") for place, s in enumerate(listed)]


def test_a_training_leaves_a_frozen_encoder_as_it_was_and_trains_the_rest(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    begun = world.run(world.request(listed, network=FROZEN, epochs=0, job="begun"), storage)
    ended = world.run(world.request(listed, network=FROZEN, epochs=2, job="ended"), storage)
    before, after = (safetensors.torch.load(storage.read(result.weights_key)) for result in (begun, ended))
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert not {name for name in moved if name.startswith("encoder.")}
    assert {name for name in after if name.endswith(("weight", "bias")) and not name.startswith("encoder.")} <= moved
    free = world.run(world.request(listed, network=dataclasses.replace(FROZEN, encoder_frozen=False)), storage)
    encoder = sum(value.numel() for name, value in after.items() if _learns(name))
    assert free.parameters == ended.parameters + encoder


def _learns(name: str) -> bool:
    return name.startswith("encoder.") and name.endswith((".weight", ".bias"))


def films(positive: int, negative: int, size: int = 16) -> ResidentFilms:
    """Each film has a grey of its own; a bright corner is what its mask shows."""
    count = positive + negative
    images = torch.arange(count, dtype=torch.uint8)[:, None, None].repeat(1, size, size)
    masks = torch.zeros((count, size, size), dtype=torch.bool)
    masks[:positive, :4, :4] = True
    images[masks] = 200
    return ResidentFilms(images, masks)


def test_an_epoch_shows_both_classes_equally_often_and_changes_only_what_it_shows_again() -> None:
    settings = world.settings(augmentation="shift_rotate", balance=4.0, batch_size=5)
    held = films(4, 11)
    batches = Batches(held, settings, lambda: 0)
    shown = [apply_changes(images.float(), masks.float(), changes) for images, masks, changes in batches]
    assert len(batches) == len(shown)
    images, masks = torch.cat([one for one, _ in shown]), torch.cat([one for _, one in shown])
    assert batches.shown == len(images) == 22
    assert int(masks.flatten(1).any(dim=1).sum()) == 11
    names = images[:, -1, -1].round().int().tolist()
    times = np.bincount(names, minlength=15)
    assert times[4:].tolist() == [1] * 11
    assert sorted(times[:4].tolist()) == [2, 3, 3, 3]
    same = sum(bool((held.images.float() == image).flatten(1).all(dim=1).any()) for image in images)
    assert same == 15, "each film once as it is, and no copy of one"


def test_which_films_are_shown_again_changes_from_epoch_to_epoch_and_follows_from_the_seed() -> None:
    settings = world.settings(augmentation="shift_rotate", balance=4.0, batch_size=5)

    def epoch(number: int) -> list[torch.Tensor]:
        return [part for batch in Batches(films(4, 11), settings, lambda: number) for part in batch]

    assert all(torch.equal(one, other) for one, other in zip(epoch(1), epoch(1), strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(epoch(1), epoch(2), strict=True))


def test_a_balanced_training_of_one_channel_that_was_stopped_ends_with_the_same_weights(
    storage: FolderStorage,
) -> None:
    listed = with_empty_films(world.samples(storage))
    settings = {"augmentation": "shift_rotate", "balance": 4.81, "loss": "focal_dice", "schedule": "constant"}
    network = NetworkSpec("dla", "mobilenet_v2", classes=1, encoder_frozen=True)
    whole = world.run(world.request(listed, network=network, job="whole", **settings), storage)
    assert whole.outcome == Outcome.SUCCEEDED, whole.error
    stopped = world.run(world.request(listed, network=network, **settings), storage, cancel_at_epoch=2)
    assert stopped.outcome == Outcome.CANCELLED
    gone_on = world.run(world.request(listed, network=network, attempt=2, **settings), storage)
    assert gone_on.resumed_from_epoch == 2
    assert gone_on.weights_sha256 == whole.weights_sha256


@pytest.mark.parametrize("classes", [1, 2])
def test_a_network_of_one_channel_and_one_of_two_are_trained_and_predict_alike(
    storage: FolderStorage, classes: int
) -> None:
    network = NetworkSpec("unet", "resnet18", classes=classes)
    asked = world.request(world.samples(storage), network=network, epochs=6, learning_rate=3e-3, loss="focal_dice")
    trained = world.run(asked, storage)
    assert trained.validation_dsc > 0.75
    model = ModelRef("m", network, 32, trained.weights_key, trained.weights_sha256)
    images = world.predict_images(storage, 2)
    result = predict(
        PredictRequest("p", 1, [model], images, precision="fp32", engine="torch"), storage,
        on_progress=lambda progress: None, should_cancel=lambda: False,
    )  # fmt: skip
    assert result.outcome == Outcome.SUCCEEDED, result.error
    drawn = PredictChunk.from_json(json.loads(storage.read(result.chunk_keys[0]))).masks
    for mask, image in zip(drawn, images, strict=True):
        pixels = read_mask(storage.read(mask.mask_key))
        assert pixels.shape == (image.height, image.width)
        assert 0.5 <= mask.confidence <= 1
    film = np.random.default_rng(1).integers(0, 256, (2, 32, 32), dtype=np.uint8)
    cpu = torch.device("cpu")
    said = [load_engine(model, storage, cpu, "fp32", wanted=wanted) for wanted in ("torch", "openvino")]
    assert not said[1].note
    first, second = (engine.probabilities(film, 2) for engine in said)
    np.testing.assert_allclose(first, second, atol=1e-3)
    assert 0 <= first.min() < first.max() <= 1


def test_the_pipeline_takes_lungs_of_two_channels_and_infection_of_one(storage: FolderStorage) -> None:
    cpu, engines = torch.device("cpu"), []
    for classes in (2, 1):
        network = NetworkSpec("unet", "resnet18", classes=classes)
        asked = world.request(world.samples(storage), job=f"of{classes}", network=network, epochs=4, learning_rate=3e-3)
        trained = world.run(asked, storage)
        model = ModelRef(f"m{classes}", network, 32, trained.weights_key, trained.weights_sha256)
        engines.append(load_engine(model, storage, cpu, "fp32"))
    film = read_gray(world.film(40)[0])
    (finding,) = Pipeline(*engines).findings([film])
    assert finding.infection is not None
    assert finding.infection.shape == finding.lungs.shape == film.shape
    assert not bool((finding.infection & ~finding.lungs).any())
    assert finding.positive is True
    assert finding.score is not None
    assert 0.5 < finding.score <= 1


def test_a_network_of_aggregated_layers_is_predicted_by_both_engines_alike(storage: FolderStorage) -> None:
    network = NetworkSpec("dla", "resnet18", classes=1, encoder_frozen=True)
    trained = world.run(world.request(world.samples(storage), network=network, epochs=1), storage)
    model = ModelRef("m", network, 32, trained.weights_key, trained.weights_sha256)
    film = np.random.default_rng(1).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    cpu = torch.device("cpu")
    said = [load_engine(model, storage, cpu, "fp32", wanted=wanted) for wanted in ("torch", "openvino")]
    assert not said[1].note
    np.testing.assert_allclose(said[0].probabilities(film, 3), said[1].probabilities(film, 3), atol=1e-3)


def test_chexnet_without_its_weights_fails_a_training_in_words(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHEXNET_WEIGHTS", raising=False)
    network = NetworkSpec("unet", "chexnet", "imagenet")
    result = world.run(world.request(world.samples(storage), network=network), storage)
    assert result.outcome == Outcome.FAILED
    assert "set CHEXNET_WEIGHTS to the path" in result.error


def test_the_card_names_the_file_that_an_encoder_began_with(storage: FolderStorage, tmp_path: Path) -> None:
    donor = world.run(world.request(world.samples(storage), epochs=0, job="donor"), storage)
    state = safetensors.torch.load(storage.read(donor.weights_key))
    path = tmp_path / "encoder.safetensors"
    safetensors.torch.save_file(
        {name.removeprefix("encoder."): value for name, value in state.items() if name.startswith("encoder.")}, path
    )
    network = dataclasses.replace(world.NETWORK, encoder_weights=f"file:{path}")
    result = world.run(world.request(world.samples(storage), epochs=0, network=network), storage)
    card = json.loads(storage.read(result.card_key))
    assert card["encoder_file"]["name"] == "encoder.safetensors"
    assert len(card["encoder_file"]["sha256"]) == 64
    assert json.loads(storage.read(donor.card_key))["encoder_file"] is None
