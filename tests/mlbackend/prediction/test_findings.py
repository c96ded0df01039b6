"""Findings as a worker is asked for them: the pipeline's own, stored film by film."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from mlbackend.contracts import (
    FindingsRequest,
    FindingsResult,
    ModelRef,
    NetworkSpec,
    Outcome,
    PredictImage,
    Progress,
)
from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import read_mask
from mlbackend.models.registry import build_network
from mlbackend.prediction.engine import load_engine
from mlbackend.prediction.findings import find
from mlbackend.prediction.pipeline import Pipeline
from mlbackend.storage import FolderStorage
from tests.support.pictures import png_bytes

SPEC = NetworkSpec("fpn", "mobilenet_v2")
FILMS = [generate_film(seed, size=96).image for seed in range(3)]


def network(storage: FolderStorage, name: str, seed: int) -> ModelRef:
    """A network that nobody has trained; it draws something all the same."""
    import hashlib

    torch.manual_seed(seed)
    data = safetensors.torch.save(build_network(SPEC).state_dict())
    storage.write(f"{name}.safetensors", data)
    return ModelRef(name, SPEC, 32, f"{name}.safetensors", hashlib.sha256(data).hexdigest())


@pytest.fixture
def asked(tmp_path: Path) -> tuple[FolderStorage, FindingsRequest]:
    storage = FolderStorage(tmp_path)
    for number, film in enumerate(FILMS):
        storage.write(f"film-{number}.png", png_bytes(film))
    images = [PredictImage(f"film-{number}", f"film-{number}.png", 96, 96) for number in range(len(FILMS))]
    lungs, infection = network(storage, "lungs", 1), network(storage, "infection", 2)
    return storage, FindingsRequest("job", 1, lungs, images, infection=infection, threshold=0.45, precision="fp32")


def run(storage: FolderStorage, request: FindingsRequest, **options: Any) -> FindingsResult:
    heard: list[Progress] = []
    calls: dict[str, Any] = {"on_progress": heard.append, "should_cancel": lambda: False}
    return find(request, storage, **(calls | options))


def test_each_film_gets_what_the_pipeline_finds_on_it(asked: tuple[FolderStorage, FindingsRequest]) -> None:
    storage, request = asked
    result = run(storage, request)
    assert (result.outcome, result.error) == (Outcome.SUCCEEDED, "")
    assert request.infection is not None
    assert len(result.engines) == 2
    assert all(name.startswith("torch") for name in result.engines)
    engines = [load_engine(one, storage, torch.device("cpu"), "fp32") for one in (request.lungs, request.infection)]
    expected = list(Pipeline(engines[0], engines[1], threshold=0.45).findings(FILMS))
    assert [film.image_id for film in result.films] == ["film-0", "film-1", "film-2"]
    assert sum(film.lung_pixels for film in result.films) > 0, "the test would show nothing"
    for film, finding in zip(result.films, expected, strict=True):
        assert film.lung_pixels == finding.lungs.sum()
        assert (film.positive, film.score) == (finding.positive, finding.score)
        assert finding.share is not None
        assert film.infected.both == finding.share.both
        assert np.array_equal(read_mask(storage.read(film.lungs_key), "lungs"), finding.lungs)
        assert finding.infection is not None
        assert np.array_equal(read_mask(storage.read(film.infection_key), "infection"), finding.infection)
        picture = Image.open(io.BytesIO(storage.read(film.overlay_key)))
        assert (picture.size, picture.mode) == ((96, 96), "RGB")


def test_without_an_infection_network_lungs_alone_are_found(asked: tuple[FolderStorage, FindingsRequest]) -> None:
    storage, request = asked
    result = run(storage, replace(request, infection=None))
    assert {(film.positive, film.score, film.infection_key) for film in result.films} == {(None, None, "")}
    assert all(film.infected.both is None for film in result.films)


def test_a_cancelled_search_keeps_no_result(asked: tuple[FolderStorage, FindingsRequest]) -> None:
    storage, request = asked
    result = run(storage, request, should_cancel=lambda: bool(storage.list("jobs/")))
    assert (result.outcome, result.films) == (Outcome.CANCELLED, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": []}, "images: the list is empty"),
        ({"scheme": "serial"}, "scheme: 'serial'"),
        ({"images": [PredictImage("gone", "gone.png", 9, 9)]}, "no file 'gone.png'"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    asked: tuple[FolderStorage, FindingsRequest], change: dict[str, Any], words: str
) -> None:
    storage, request = asked
    result = run(storage, replace(request, **change))
    assert result.outcome == Outcome.FAILED
    assert words in result.error
