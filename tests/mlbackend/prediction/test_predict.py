"""Prediction as a worker asks for it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from mlbackend.contracts import (
    ModelRef,
    Outcome,
    PredictChunk,
    PredictedMask,
    PredictImage,
    PredictRequest,
    PredictResult,
    Progress,
)
from mlbackend.data.normalise import normalise
from mlbackend.data.reading import read_gray, read_mask
from mlbackend.data.resize import shrink_image
from mlbackend.metrics import dice
from mlbackend.models.registry import build_network
from mlbackend.prediction import predict
from mlbackend.prediction.postprocess import postprocess_lung
from mlbackend.storage import FolderStorage
from tests.mlbackend import world


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStorage, list[ModelRef]]:
    """Two networks, trained once for all tests of this file."""
    storage = world.folder(tmp_path_factory.mktemp("trained"))
    listed = world.samples(storage)
    models = []
    for name, seed in (("m1", 1), ("m2", 2)):
        result = world.run(
            world.request(listed, job=name, network=world.LEARNER, seed=seed, epochs=8, learning_rate=3e-3), storage
        )
        models.append(ModelRef(name, world.LEARNER, 32, result.weights_key, result.weights_sha256))
    return storage, models


@pytest.fixture
def place(trained: tuple[FolderStorage, list[ModelRef]], tmp_path: Path) -> tuple[FolderStorage, list[ModelRef]]:
    """A storage of the test's own with the trained networks' weights."""
    source, models = trained
    storage = world.folder(tmp_path)
    for model in models:
        storage.write(model.weights_key, source.read(model.weights_key))
    return storage, models


def _request(models: list[ModelRef], images: list[PredictImage], attempt: int = 1, **changes: object) -> PredictRequest:
    values: dict[str, object] = {"chunk_size": 2, "batch_size": 2, "precision": "fp32"}
    return PredictRequest("pred", attempt, models, images, **(values | changes))  # type: ignore[arg-type]


def _run(request: PredictRequest, storage: FolderStorage, progress: list[Progress] | None = None) -> PredictResult:
    heard = progress if progress is not None else []
    return predict(request, storage, on_progress=heard.append, should_cancel=lambda: False)


def _masks(result: PredictResult, storage: FolderStorage) -> list[PredictedMask]:
    return [m for key in result.chunk_keys for m in PredictChunk.from_json(json.loads(storage.read(key))).masks]


def test_every_film_gets_a_mask_of_every_network_at_its_own_size(
    place: tuple[FolderStorage, list[ModelRef]],
) -> None:
    storage, models = place
    images = world.predict_images(storage, 5)
    heard: list[Progress] = []
    result = _run(_request(models, images), storage, heard)
    assert result.outcome == Outcome.SUCCEEDED, result.error
    assert result.images == 5
    masks = _masks(result, storage)
    assert [(m.image_id, m.model_id) for m in masks] == [(i.image_id, m.model_id) for i in images for m in models]
    for mask in masks:
        data = storage.read(mask.mask_key)
        drawn = read_mask(data)
        image = next(i for i in images if i.image_id == mask.image_id)
        assert Image.open(io.BytesIO(data)).mode == "1"
        assert drawn.shape == (image.height, image.width) == (mask.height, mask.width)
        assert hashlib.sha256(data).hexdigest() == mask.sha256
        assert drawn.sum() == mask.foreground_pixels
        assert 0.5 <= mask.confidence <= 1
        assert re.fullmatch(r"jobs/pred/attempt-001/masks/[0-9a-f]{32}\.png", mask.mask_key)
    first, second = (read_mask(storage.read(m.mask_key)) for m in masks[:2])
    assert masks[0].disagreement == masks[1].disagreement == pytest.approx(1 - dice(first, second))
    assert [p.done for p in heard if p.phase == "predicting"] == [2, 4, 5]


def test_a_mask_is_what_torch_alone_makes_of_the_film(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 2)
    network = build_network(world.LEARNER).eval()
    network.load_state_dict(safetensors.torch.load(storage.read(models[0].weights_key)))
    for mask, image in zip(_masks(_run(_request(models[:1], images), storage), storage), images, strict=True):
        gray = shrink_image(read_gray(storage.read(image.image_key)), 32)
        with torch.inference_mode():
            probability = network(normalise(torch.from_numpy(gray)[None])).softmax(dim=1)[:, 1:]
        large = torch.nn.functional.interpolate(
            probability, size=(image.height, image.width), mode="bilinear", align_corners=False
        )
        expected = postprocess_lung(large[0, 0].numpy() >= 0.5)
        assert dice(read_mask(storage.read(mask.mask_key)), expected) > 0.998
        p = probability[0, 0].numpy()
        assert mask.confidence == pytest.approx(np.maximum(p, 1 - p).mean(), abs=1e-4)
        assert mask.disagreement is None


def test_trained_networks_find_the_truth_of_new_films(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 4)
    for mask in _masks(_run(_request(models, images, precision="auto"), storage), storage):
        index = int(mask.image_id[1:])
        truth = read_mask(world.film(100 + index, mask.height, mask.width)[1])
        assert dice(read_mask(storage.read(mask.mask_key)), truth) > 0.7


def test_a_new_attempt_takes_over_the_chunks_that_are_whole(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 6)
    first = _run(_request(models, images), storage)
    storage.delete(_masks(first, storage)[-1].mask_key)
    storage.write(first.chunk_keys[1], b'{"masks": []')
    second = _run(_request(models, images, attempt=2), storage)
    assert second.outcome == Outcome.SUCCEEDED
    assert second.chunk_keys[0] == first.chunk_keys[0]
    assert second.chunk_keys[1:] == ["jobs/pred/attempt-002/chunk-00001.json", "jobs/pred/attempt-002/chunk-00002.json"]
    shown = {(m.image_id, m.model_id): m.sha256 for m in _masks(second, storage)}
    assert len(shown) == 12


def test_chunks_of_other_films_or_networks_are_not_taken_over(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 3)
    _run(_request(models[:1], images[:2]), storage)
    second = _run(_request(models, images[:2], attempt=2), storage)
    assert second.chunk_keys == ["jobs/pred/attempt-002/chunk-00000.json"]
    third = _run(_request(models, images[1:], attempt=3), storage)
    assert third.chunk_keys == ["jobs/pred/attempt-003/chunk-00000.json"]


def test_a_cancelled_prediction_says_so_and_keeps_its_chunks(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 4)
    heard: list[Progress] = []
    result = predict(
        _request(models, images),
        storage,
        on_progress=heard.append,
        should_cancel=lambda: heard[-1:] != [] and heard[-1].done >= 2,
    )
    assert result.outcome == Outcome.CANCELLED
    assert result.chunk_keys == []
    again = _run(_request(models, images, attempt=2), storage)
    assert again.chunk_keys[0] == "jobs/pred/attempt-001/chunk-00000.json"


def test_changed_weights_are_refused(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 1)
    storage.write(models[0].weights_key, storage.read(models[0].weights_key)[:-1] + b"\x01")
    result = _run(_request(models, images), storage)
    assert result.outcome == Outcome.FAILED
    assert "weights of model 'm1': sha256 is" in result.error


def test_weights_of_another_network_are_refused(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 1)
    other = dataclasses.replace(models[0], network=dataclasses.replace(world.LEARNER, architecture="fpn"))
    result = _run(_request([other], images), storage)
    assert result.outcome == Outcome.FAILED
    assert "do not fit its network" in result.error


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"postprocess": "heart"}, "postprocess: 'heart' is not valid; use one of lung, none"),
        ({"threshold": 1.0}, "threshold: 1.0"),
        ({"chunk_size": 0}, "chunk_size: 0"),
        ({"models": []}, "models: the list is empty"),
        ({"precision": "fp16"}, "auto, bf16, fp32"),
    ],
)
def test_a_wrong_request_is_refused_in_words(
    place: tuple[FolderStorage, list[ModelRef]], changes: dict[str, object], words: str
) -> None:
    storage, models = place
    request = dataclasses.replace(_request(models, world.predict_images(storage, 1)), **changes)  # type: ignore[arg-type]
    result = _run(request, storage)
    assert result.outcome == Outcome.FAILED
    assert words in result.error


def test_a_film_that_cannot_be_used_is_named(place: tuple[FolderStorage, list[ModelRef]]) -> None:
    storage, models = place
    images = world.predict_images(storage, 2)
    wrong = [images[0], dataclasses.replace(images[1], width=7)]
    assert "image 'i1' has 64 x 80 pixels, the request says 7 x 80" in _run(_request(models, wrong), storage).error
    storage.write(images[0].image_key, b"rubbish")
    assert "image 'i0': not a readable image" in _run(_request(models, images), storage).error
