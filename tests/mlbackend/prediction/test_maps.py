"""Probability maps as a worker is asked for them, and by command: the network's own probabilities, film by film."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from mlbackend.cli.main import main
from mlbackend.contracts import MapRequest, MapResult, Outcome, PredictImage, Progress
from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import read_gray
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.prediction.engine import load_engine
from mlbackend.prediction.infection_map import infection_map
from mlbackend.prediction.maps import draw_maps
from mlbackend.storage import FolderStorage
from tests.mlbackend.prediction.test_findings import SPEC, network
from tests.support.pictures import png_bytes

FILMS = [generate_film(seed, size=size).image for seed, size in ((0, 96), (1, 64))]


@pytest.fixture
def asked(tmp_path: Path) -> tuple[FolderStorage, MapRequest]:
    storage = FolderStorage(tmp_path / "store")
    for number, film in enumerate(FILMS):
        storage.write(f"film-{number}.png", png_bytes(film))
    images = [PredictImage(f"film-{n}", f"film-{n}.png", film.shape[1], film.shape[0]) for n, film in enumerate(FILMS)]
    return storage, MapRequest("job", 1, network(storage, "infection", 2), images, precision="fp32")


def run(storage: FolderStorage, request: MapRequest, **options: Any) -> MapResult:
    heard: list[Progress] = []
    calls: dict[str, Any] = {"on_progress": heard.append, "should_cancel": lambda: False}
    return draw_maps(request, storage, **(calls | options))


def expected(storage: FolderStorage, request: MapRequest) -> list[np.ndarray]:
    """The network's probabilities at each film's own resolution."""
    engine = load_engine(request.model, storage, torch.device("cpu"), "fp32")
    small = engine.probabilities(np.stack([shrink_image(film, engine.size) for film in FILMS]), 8)
    return [enlarge_probability(one, *film.shape) for one, film in zip(small, FILMS, strict=True)]


def test_each_film_gets_its_probabilities_and_its_picture(asked: tuple[FolderStorage, MapRequest]) -> None:
    storage, request = asked
    result = run(storage, request)
    assert (result.outcome, result.error) == (Outcome.SUCCEEDED, "")
    assert result.engine.startswith("torch")
    assert [film.image_id for film in result.films] == ["film-0", "film-1"]
    for found, film, probability in zip(result.films, FILMS, expected(storage, request), strict=True):
        assert found.highest == pytest.approx(probability.max())
        steps = read_gray(storage.read(found.probability_key))
        assert np.abs(steps / 255 - probability).max() <= 0.5 / 255 + 1e-6
        assert found.shown_share == pytest.approx((probability >= 0.5 / 255).mean())
        stored = cv2.imdecode(np.frombuffer(storage.read(found.picture_key), np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(stored[..., ::-1], infection_map(film, probability))


def test_a_cancelled_job_keeps_no_result(asked: tuple[FolderStorage, MapRequest]) -> None:
    storage, request = asked
    result = run(storage, request, should_cancel=lambda: bool(storage.list("jobs/")))
    assert (result.outcome, result.films) == (Outcome.CANCELLED, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": []}, "images: the list is empty"),
        ({"images": [PredictImage("film-0", "film-0.png", 9, 9)]}, "has 96 x 96 pixels, the request says 9 x 9"),
        ({"images": [PredictImage("gone", "gone.png", 9, 9)]}, "no file 'gone.png'"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    asked: tuple[FolderStorage, MapRequest], change: dict[str, Any], words: str
) -> None:
    storage, request = asked
    result = run(storage, replace(request, **change))
    assert result.outcome == Outcome.FAILED
    assert words in result.error


def folder(storage: FolderStorage, request: MapRequest, path: Path) -> Path:
    """The network as ``train`` leaves it."""
    path.mkdir()
    (path / "weights.safetensors").write_bytes(storage.read(request.model.weights_key))
    card = {
        "target": "infection", "sees": "film", "name": SPEC.name, "network": asdict(SPEC),
        "settings": {"image_size": request.model.image_size}, "weights_sha256": request.model.weights_sha256,
    }  # fmt: skip
    (path / "card.json").write_text(json.dumps(card))
    return path


def test_the_command_draws_the_same_and_leaves_out_what_is_no_image(
    asked: tuple[FolderStorage, MapRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage, request = asked
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    files = [str(storage.root / f"film-{n}.png") for n in range(2)]
    weights = folder(storage, request, tmp_path / "network")
    assert main(["map", "--weights", str(weights), "--out", str(tmp_path / "out"), *files, str(broken)]) == 1
    assert "1 of 3 files have no result" in capsys.readouterr().err
    rows = list(csv.DictReader((tmp_path / "out/maps.csv").open()))
    assert [row["image"] for row in rows] == ["film-0", "film-1"]
    for row, film, probability in zip(rows, FILMS, expected(storage, request), strict=True):
        picture = cv2.imread(str(tmp_path / f"out/{row['image']}-map.png"))[..., ::-1]
        # The command runs at the precision that the machine is quickest at.
        different = np.abs(picture.astype(int) - infection_map(film, probability)).max(axis=2) > 40
        assert different.mean() < 0.02
        assert float(row["highest_probability"]) == pytest.approx(probability.max(), abs=0.04)
    assert cv2.imread(str(tmp_path / "out/legend.png")).shape == (256, 24, 3)


def test_two_files_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "--weights", "w", "--out", str(tmp_path / "out"), "a/film.png", "b/film.png"]) == 1
    assert "two files are named 'film'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
