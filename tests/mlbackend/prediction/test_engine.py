"""What networks predict with: the same masks whichever engine, and a word where it is not the one that was wanted."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mlbackend.config import ConfigError
from mlbackend.contracts import (
    ModelRef,
    Outcome,
    PredictChunk,
    PredictedMask,
    PredictImage,
    PredictRequest,
    Split,
    TrainSample,
)
from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import read_mask, write_mask
from mlbackend.prediction import engine as engine_module
from mlbackend.prediction import predict
from mlbackend.prediction.engine import OPENVINO_FROM, choose_engine, load_engine
from mlbackend.prediction.openvino_engine import ConversionError
from mlbackend.prediction.uncertainty import confidence
from mlbackend.storage import FolderStorage
from tests.mlbackend import world

CPU = torch.device("cpu")
SIZE = 64
TOLERANCE = {"fp32": 1e-4, "bf16": 0.06}
"""How far a probability may be from that of torch in fp32; docs/benchmarks.md has what was seen on trained networks."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStorage, ModelRef, np.ndarray]:
    """A network that has learned procedural films, and films it has not seen, (12, SIZE, SIZE) uint8."""
    storage = world.folder(tmp_path_factory.mktemp("engine"))
    listed = []
    for seed in range(20):
        film = generate_film(seed, size=SIZE)
        out = io.BytesIO()
        Image.fromarray(film.image).save(out, "PNG")
        storage.write(f"films/{seed}.png", out.getvalue())
        storage.write(f"masks/{seed}.png", write_mask(film.mask_lung.astype(bool)))
        split = Split.TRAIN if seed < 16 else Split.VALIDATION
        listed.append(TrainSample(f"s{seed}", f"films/{seed}.png", f"masks/{seed}.png", f"p{seed}", split))
    result = world.run(
        world.request(listed, network=world.LEARNER, image_size=SIZE, epochs=8, learning_rate=2e-3), storage
    )
    assert result.validation_dsc > 0.8, "the masks under test must be masks"
    model = ModelRef("m", world.LEARNER, SIZE, result.weights_key, result.weights_sha256)
    return storage, model, np.stack([generate_film(seed, size=SIZE).image for seed in range(100, 112)])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_openvino_draws_torchs_masks_but_for_pixels_at_the_threshold(
    place: tuple[FolderStorage, ModelRef, np.ndarray], precision: str
) -> None:
    storage, model, films = place
    plain = load_engine(model, storage, CPU, "fp32", wanted="torch").probabilities(films, 4)
    found = load_engine(model, storage, CPU, precision, wanted="openvino").probabilities(films, 4)
    assert np.abs(found - plain).max() <= TOLERANCE[precision]
    differs = (found > 0.5) != (plain > 0.5)
    assert np.abs(plain[differs] - 0.5).max(initial=0) <= TOLERANCE[precision]
    assert differs.mean() < 0.002
    for mine, theirs in zip(found, plain, strict=True):
        assert confidence(mine) == pytest.approx(confidence(theirs), abs=2e-3)


def test_a_films_probability_does_not_depend_on_the_films_beside_it(
    place: tuple[FolderStorage, ModelRef, np.ndarray],
) -> None:
    storage, model, films = place
    engine = load_engine(model, storage, CPU, "bf16", wanted="openvino")
    together = engine.probabilities(films, 8)
    alone = np.stack([engine.probabilities(film[None], 1)[0] for film in films])
    np.testing.assert_array_equal(together, alone)


def test_the_result_and_every_mask_name_the_engine(place: tuple[FolderStorage, ModelRef, np.ndarray]) -> None:
    storage, model, films = place
    images = []
    for number, film in enumerate(films):
        out = io.BytesIO()
        Image.fromarray(film).save(out, "PNG")
        storage.write(f"new/{number}.png", out.getvalue())
        images.append(PredictImage(f"i{number}", f"new/{number}.png", SIZE, SIZE))
    drawn: dict[str, list[PredictedMask]] = {}
    for wanted in ("torch", "openvino"):
        request = PredictRequest(
            wanted, 1, [model], images, chunk_size=5, engine=wanted, precision="fp32", postprocess="none"
        )
        result = predict(request, storage, on_progress=lambda _: None, should_cancel=lambda: False)
        assert result.outcome == Outcome.SUCCEEDED, result.error
        assert [name.split()[0] for name in result.engines] == [wanted]
        assert 0 < result.network_seconds < result.seconds
        drawn[wanted] = [
            mask
            for key in result.chunk_keys
            for mask in PredictChunk.from_json(json.loads(storage.read(key))).masks
        ]  # fmt: skip
        assert [mask.image_id for mask in drawn[wanted]] == [image.image_id for image in images]
        assert {mask.engine for mask in drawn[wanted]} == set(result.engines)
    pixels = [
        np.stack([read_mask(storage.read(mask.mask_key)) for mask in drawn[wanted]]) for wanted in ("torch", "openvino")
    ]
    assert (pixels[0] != pixels[1]).mean() < 1e-4


def test_without_openvino_torch_predicts_and_a_word_says_so(
    place: tuple[FolderStorage, ModelRef, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, model, films = place
    monkeypatch.setitem(sys.modules, "openvino", None)
    engine = load_engine(model, storage, CPU, "fp32", wanted="openvino")
    assert engine.name.startswith("torch ")
    assert "model 'm': openvino cannot be imported" in engine.note
    assert engine.note.endswith("pip install openvino; torch predicted instead")
    assert engine.probabilities(films[:1], 1).shape == (1, SIZE, SIZE)


def test_a_network_that_cannot_be_converted_is_predicted_by_torch_with_a_word_in_the_result(
    place: tuple[FolderStorage, ModelRef, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, model, _ = place

    def refuses(*args: object) -> None:
        raise ConversionError("openvino could not take the network (OpConversionFailure: no such operation)")

    monkeypatch.setattr(engine_module, "OpenVinoEngine", refuses)
    storage.write("new/0.png", storage.read("films/0.png"))
    request = PredictRequest("refused", 1, [model], [PredictImage("i", "new/0.png", SIZE, SIZE)], engine="openvino")
    result = predict(request, storage, on_progress=lambda _: None, should_cancel=lambda: False)
    assert result.outcome == Outcome.SUCCEEDED
    assert result.engines[0].startswith("torch ")
    assert result.notes == [
        "model 'm': openvino could not take the network (OpConversionFailure: no such operation); "
        "torch predicted instead"
    ]


def test_openvino_is_chosen_where_a_job_is_worth_converting_for_and_never_for_a_gpu() -> None:
    enough = OPENVINO_FROM // 256**2
    assert choose_engine("auto", CPU, enough, 256) == "openvino"
    assert choose_engine("auto", CPU, enough - 1, 256) == "torch"
    assert choose_engine("auto", torch.device("cuda", 0), 100_000, 256) == "torch"
    assert choose_engine("torch", CPU, 100_000, 256) == "torch"
    with pytest.raises(ConfigError, match="engine: 'openvino' predicts on the CPU, but the device is cuda:0"):
        choose_engine("openvino", torch.device("cuda", 0), 1, 256)
    with pytest.raises(ConfigError, match="engine: 'onnx' is not valid; use one of auto, torch, openvino"):
        choose_engine("onnx", CPU, 1, 256)


def test_a_request_for_an_unknown_engine_is_refused_in_words(
    place: tuple[FolderStorage, ModelRef, np.ndarray],
) -> None:
    storage, model, _ = place
    request = PredictRequest("unknown", 1, [model], [], engine="onnx")
    result = predict(request, storage, on_progress=lambda _: None, should_cancel=lambda: False)
    assert result.outcome == Outcome.FAILED
    assert result.error == "engine: 'onnx' is not valid; use one of auto, torch, openvino"


def test_predicting_tells_nobody_outside() -> None:
    """The library would send an event to its maker whenever it is imported."""
    words = """
import sys
from mlbackend.contracts import NetworkSpec
from mlbackend.models.registry import build_network
from mlbackend.prediction.openvino_engine import OpenVinoEngine
OpenVinoEngine("m", 32, build_network(NetworkSpec("fpn", "mobilenet_v2")).eval(), "fp32", 1)
assert "openvino" in sys.modules
assert sys.modules["openvino_telemetry"] is None
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
"""
    subprocess.run([sys.executable, "-c", words], check=True, cwd=Path(__file__).parents[3])
