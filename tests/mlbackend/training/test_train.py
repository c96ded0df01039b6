"""Training as a worker asks for it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from mlbackend.contracts import Outcome, Progress, Split, TrainResult
from mlbackend.metrics import Confusion
from mlbackend.storage import FolderStorage
from mlbackend.training import discard_checkpoints, epochs
from mlbackend.training.checkpoint import checkpoint_key
from mlbackend.training.losses import LOSSES
from tests.mlbackend import world


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return world.folder(tmp_path)


def test_a_training_learns_and_leaves_weights_card_and_result(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    heard: list[Progress] = []
    result = world.run(
        world.request(listed, network=world.LEARNER, epochs=6, learning_rate=3e-3), storage, progress=heard
    )
    assert result.outcome == Outcome.SUCCEEDED, result.error
    assert result.validation_dsc > 0.8
    assert hashlib.sha256(storage.read(result.weights_key)).hexdigest() == result.weights_sha256
    card = json.loads(storage.read(result.card_key))
    assert card["data"]["hash"] == result.data_hash
    assert card["data"]["trained_patients"] == result.trained_patients == sorted(f"p{i}" for i in range(9))
    assert card["data"]["selected_patients"] == result.selected_patients == ["p10", "p11", "p9"]
    assert [epoch["epoch"] for epoch in card["epochs"]] == [1, 2, 3, 4, 5, 6]
    assert card["settings"] == world.settings(epochs=6, learning_rate=3e-3).to_json()
    assert card["weights_sha256"] == result.weights_sha256
    assert {"python", "packages", "platform", "device", "threads"} <= set(card["environment"])
    best = max(result.epochs, key=lambda metrics: metrics.validation_dsc)
    assert result.best_epoch == best.epoch
    assert result.validation_dsc == pytest.approx(best.validation_dsc)
    assert [len(p.curve) for p in heard if p.phase == "training"][-1] == 6
    assert heard[-1].done == heard[-1].total == 6
    assert heard[-1].seconds_left == 0
    assert TrainResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_the_same_seed_gives_the_same_weights_in_any_order_of_samples(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    first = world.run(world.request(listed, epochs=2), storage)
    second = world.run(world.request(listed[::-1], job="other", epochs=2), storage)
    other = world.run(world.request(listed, job="third", epochs=2, seed=2), storage)
    assert first.weights_sha256 == second.weights_sha256
    assert first.data_hash == second.data_hash == other.data_hash
    assert first.weights_sha256 != other.weights_sha256


@pytest.mark.parametrize("schedule", ["plateau", "onecycle"])
def test_a_resumed_training_ends_with_the_weights_of_an_uninterrupted_one(
    storage: FolderStorage, schedule: str
) -> None:
    listed = world.samples(storage)
    changes = {"epochs": 4, "schedule": schedule, "lr_patience": 1}
    whole = world.run(world.request(listed, job="whole", **changes), storage)
    stopped = world.run(world.request(listed, **changes), storage, cancel_at_epoch=2)
    assert stopped.outcome == Outcome.CANCELLED
    resumed = world.run(world.request(listed, attempt=2, **changes), storage)
    assert resumed.resumed_from_epoch == 2
    assert resumed.weights_sha256 == whole.weights_sha256
    assert [m.validation_loss for m in resumed.epochs] == [m.validation_loss for m in whole.epochs]
    assert [m.learning_rate for m in resumed.epochs] == [m.learning_rate for m in whole.epochs]


def test_a_finished_training_whose_result_was_lost_is_not_repeated(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    first = world.run(world.request(listed, epochs=2), storage)
    again = world.run(world.request(listed, attempt=2, epochs=2), storage)
    assert again.resumed_from_epoch == 2
    assert again.weights_sha256 == first.weights_sha256
    assert discard_checkpoints(storage, "job") == 1
    assert not storage.exists(checkpoint_key("job", 1))


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    world.run(world.request(listed), storage, cancel_at_epoch=1)
    world.run(world.request(listed, attempt=2), storage, cancel_at_epoch=2)
    whole = storage.read(checkpoint_key("job", 2))
    storage.write(checkpoint_key("job", 2), whole[: len(whole) // 2])
    result = world.run(world.request(listed, attempt=3), storage)
    assert result.resumed_from_epoch == 1
    storage.write(checkpoint_key("job", 1), b"")
    storage.delete(checkpoint_key("job", 3))
    assert world.run(world.request(listed, attempt=3), storage).resumed_from_epoch == 0


@pytest.mark.parametrize("change", ["settings", "data"])
def test_a_checkpoint_of_another_training_is_not_gone_on_from(storage: FolderStorage, change: str) -> None:
    listed = world.samples(storage)
    world.run(world.request(listed), storage, cancel_at_epoch=1)
    if change == "data":
        storage.write("masks/0.png", storage.read("masks/1.png"))
    seed = 2 if change == "settings" else 1
    assert world.run(world.request(listed, attempt=2, seed=seed), storage).resumed_from_epoch == 0


def test_a_checkpoint_that_would_run_code_is_passed_over(storage: FolderStorage, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "ran",))  # type: ignore[return-value]

    listed = world.samples(storage)
    path = tmp_path / "evil.ckpt"
    torch.save({"format": 1, "identity": Evil()}, path)
    storage.write(checkpoint_key("job", 1), path.read_bytes())
    result = world.run(world.request(listed, attempt=2, epochs=1), storage)
    assert result.outcome == Outcome.SUCCEEDED
    assert not (tmp_path / "ran").exists()


def test_without_epochs_the_initial_weights_are_stored_and_scored(storage: FolderStorage) -> None:
    result = world.run(world.request(world.samples(storage), epochs=0), storage)
    assert result.outcome == Outcome.SUCCEEDED
    assert (result.best_epoch, result.epochs) == (0, [])
    assert 0 <= result.validation_dsc < 0.8
    assert safetensors.torch.load(storage.read(result.weights_key))


def test_a_cancel_before_the_first_step_stores_nothing(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    heard: list[Progress] = []
    asked = world.request(listed)
    result = world.train(asked, storage, on_progress=heard.append, should_cancel=lambda: True)
    assert result.outcome == Outcome.CANCELLED
    assert storage.list("jobs/") == []


def test_training_stops_early_when_the_validation_loss_stalls(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([5.0, 3.0, 4.0, 3.0, 1.0])
    monkeypatch.setattr(epochs, "evaluate", lambda *a, **k: (next(losses), Confusion(1, 1, 1, 1)))
    result = world.run(world.request(world.samples(storage), epochs=12, early_stopping=2), storage)
    assert [metrics.validation_loss for metrics in result.epochs] == [5.0, 3.0, 4.0, 3.0]


def test_a_loss_that_is_no_number_fails_in_words(storage: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "cross_entropy", lambda logit, truth: logit.mean() * float("nan"))
    result = world.run(world.request(world.samples(storage)), storage)
    assert result.outcome == Outcome.FAILED
    assert "training loss is nan in epoch 1; use a lower learning_rate" in result.error


def test_grown_validation_films_are_scored_apart_and_change_no_weight(storage: FolderStorage) -> None:
    listed = world.samples(storage, 9, 6)
    grown = [dataclasses.replace(sample, split=Split.GROWN) for sample in listed[12:]]
    alone = world.run(world.request(listed[:12], job="alone", epochs=1), storage)
    both = world.run(world.request(listed[:12] + grown, job="both", epochs=1), storage)
    assert both.weights_sha256 == alone.weights_sha256
    assert (both.validation_dsc, both.selected_patients) == (alone.validation_dsc, alone.selected_patients)
    assert alone.grown_validation_dsc is None
    # Independent: the same weights, validated on the grown films alone.
    swapped = [dataclasses.replace(sample, split=Split.VALIDATION) for sample in grown]
    again = world.run(world.request(listed[:9] + swapped, job="swapped", epochs=1), storage)
    assert both.grown_validation_dsc == pytest.approx(again.validation_dsc)
    card = json.loads(storage.read(both.card_key))
    assert card["grown_validation"]["dsc"] == both.grown_validation_dsc
    assert card["data"]["samples"] == {"train": 9, "validation": 3, "grown": 3}
    clash = [*listed[:12], dataclasses.replace(grown[0], patient="p0")]
    refused = world.run(world.request(clash, job="clash"), storage)
    assert "patient 'p0' is in both splits, train and grown" in refused.error


def test_a_patient_in_both_splits_is_refused_by_name(storage: FolderStorage) -> None:
    listed = world.samples(storage)
    listed[-1] = dataclasses.replace(listed[-1], patient="p0")
    result = world.run(world.request(listed), storage)
    assert result.outcome == Outcome.FAILED
    assert "patient 'p0' is in both splits" in result.error


@pytest.mark.parametrize("split", [Split.TRAIN, Split.VALIDATION])
def test_an_empty_split_is_refused(storage: FolderStorage, split: Split) -> None:
    listed = [sample for sample in world.samples(storage) if sample.split != split]
    result = world.run(world.request(listed), storage)
    assert result.outcome == Outcome.FAILED
    assert f"none has split {split.value!r}" in result.error


@pytest.mark.parametrize(
    ("key", "data", "words"),
    [
        ("films/3.png", b"rubbish", "image of sample 's3': not a readable image"),
        ("masks/3.png", world.film(3, 20, 20)[1], "mask of sample 's3' has 20 x 20 pixels, its film 64 x 80"),
        ("films/3.png", None, "no file 'films/3.png'"),
    ],
)
def test_a_bad_film_fails_by_name(storage: FolderStorage, key: str, data: bytes | None, words: str) -> None:
    listed = world.samples(storage)
    if data is None:
        storage.delete(key)
    else:
        storage.write(key, data)
    result = world.run(world.request(listed), storage)
    assert result.outcome == Outcome.FAILED
    assert words in result.error


def test_nothing_is_written_outside_the_storage(
    storage: FolderStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = world.samples(storage)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    world.run(world.request(listed, epochs=1), storage)
    assert list((tmp_path / "here").iterdir()) == []
