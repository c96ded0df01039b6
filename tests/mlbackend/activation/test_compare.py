"""Infection maps beside activation maps on a small dataset, from the command to the page."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch
import yaml

from mlbackend.activation.classifier import build_classifier, grad_cam
from mlbackend.activation.films import ComparedFilm, pictures_of, relative, shares_of, shown_mass
from mlbackend.activation.folds import films_of, folds_of
from mlbackend.activation.settings import ComparisonSettings
from mlbackend.activation.sheet import TILE, picture_path, sources_apart, write_sheet
from mlbackend.activation.summary import mean_over_patients, summary_of
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.cli.main import main
from mlbackend.config import ConfigError, Experiment
from mlbackend.contracts import NetworkSpec
from mlbackend.data.reading import read_gray, read_mask
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.prediction.infection_map import infection_map, write_colour
from tests.mlbackend.benchmark.world import write_films

EXPERIMENT = {
    "name": "small", "description": "seconds",
    "network": {"architecture": "fpn", "encoder": "mobilenet_v2"},
    "training": {
        "image_size": 64, "batch_size": 8, "epochs": 2, "learning_rate": 1e-3, "schedule": "constant",
        "early_stopping": 0, "precision": "fp32",
    },
}  # fmt: skip


def command(root: Path, *more: str) -> list[str]:
    return [
        "activation", "--manifest", str(root / "data/manifest.csv"), "--negatives", "normal", "--config",
        str(root / "small.yaml"), "--folds", "2", "--classifier-epochs", "2", "--out", str(root / "out"), *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished comparison of 24 films, a third of them without infection."""
    root = tmp_path_factory.mktemp("activation")
    write_films(root / "data")
    (root / "small.yaml").write_text(yaml.safe_dump(EXPERIMENT))
    assert main(command(root)) == 0
    return root


def rows(root: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((root / "out/films.csv").open()))


def test_every_film_is_looked_at_once_by_a_fold_that_has_not_its_patient(done: Path) -> None:
    found = rows(done)
    assert len({row["film_id"] for row in found}) == len(found) == 24
    folds = {patient: {row["fold"] for row in found if row["patient"] == patient} for patient in
             {row["patient"] for row in found}}  # fmt: skip
    assert all(len(own) == 1 for own in folds.values())
    for fold in ("1", "2"):
        card = json.loads((done / f"out/fold-{fold}/segmentation/card.json").read_text())
        learnt = {*card["data"]["trained_patients"], *card["data"]["selected_patients"]}
        assert learnt == {patient for patient, own in folds.items() if own != {fold}}


def test_shares_are_those_of_the_stored_networks_maps(done: Path) -> None:
    row = next(row for row in rows(done) if row["infected"] == "true")
    folder = done / f"out/fold-{row['fold']}"
    network = build_classifier(NetworkSpec("fpn", "mobilenet_v2"))
    network.load_state_dict(safetensors.torch.load((folder / "classifier/weights.safetensors").read_bytes()))
    film = read_gray((done / "data" / row["film_id"]).read_bytes())
    number = Path(row["film_id"]).stem
    truth = read_mask((done / f"data/infections/{number}.png").read_bytes())
    lungs = read_mask((done / f"data/lungs/{number}.png").read_bytes())
    cam = enlarge_probability(grad_cam(network, shrink_image(film, 64)[None])[0], *film.shape)
    for mask, column in ((truth, "grad_cam_in_infection"), (lungs, "grad_cam_in_lungs")):
        told = row[column]
        assert told == "" if not cam.any() else float(told) == pytest.approx(cam[mask].sum() / cam.sum(), abs=1e-3)
    assert float(row["uniform_in_infection"]) == pytest.approx(truth.mean(), abs=1e-4)
    assert float(row["uniform_in_lungs"]) == pytest.approx(lungs.mean(), abs=1e-4)


def test_films_without_infection_have_shares_in_the_lungs_alone(done: Path) -> None:
    for row in rows(done):
        if row["infected"] == "false":
            assert row["infection_map_in_infection"] == row["grad_cam_in_infection"] == ""
            assert row["infection_map_in_lungs"] != ""
    figures = json.loads((done / "out/figures.json").read_text())
    assert (figures["films"], figures["infected"]) == (24, 16)
    assert [(row["group"], row["region"], row["films"]) for row in figures["shares"]] == [
        ("with infection", "infection", 16), ("with infection", "lungs", 16), ("without infection", "lungs", 8)
    ]  # fmt: skip
    for row in figures["shares"]:
        assert row["infection_map"]["low"] <= row["infection_map"]["mean"] <= row["infection_map"]["high"]


class Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src")
        if tag == "img" and source and not source.startswith("data:"):
            self.found.append(source)


def test_the_page_shows_four_pictures_a_film_and_needs_no_network(done: Path) -> None:
    page = (done / "out/index.html").read_text()
    images = Images()
    images.feed(page)
    assert len(set(images.found)) == len(images.found) == 4 * 24
    assert all((done / "out" / name).is_file() for name in images.found)
    assert "http" not in page
    assert "<script" not in page
    sheet = cv2.imread(str(done / "out/sheet.png"))
    assert sheet.shape == (26 + 262 * 12, 4 * 262 - 6, 3)


def test_a_map_that_shows_nothing_says_so_in_its_place(tmp_path: Path) -> None:
    data = load_dataset(write_films(tmp_path / "data"), negatives=["normal"])
    film = np.full((64, 64), 128, np.uint8)
    some, none = np.full((64, 64), 0.6, np.float32), np.zeros((64, 64), np.float32)
    films = [compared("p", True, 0.8, 0.2, 0.9), compared("q", True, 0.4, None, 0.5)]
    for one, activation in zip(films, (some, none), strict=True):
        for name, picture in pictures_of(film, film > 0, None, some, activation).items():
            path = tmp_path / picture_path(one, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(write_colour(picture))
    settings = ComparisonSettings(Experiment("small", "d"), folds=2)
    page = write_sheet(tmp_path, data, settings, films).read_text()
    assert page.count("Grad-CAM: no activation") == 1
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    rows = {film.film_id: place for place, film in enumerate(sorted(films, key=lambda film: film.film_id))}
    for one, is_said in zip(films, (False, True), strict=True):
        top = 26 + 262 * rows[one.film_id]
        tile = sheet[top : top + TILE, 3 * 262 : 3 * 262 + TILE]
        assert bool((tile[-30:-5] > 200).all(axis=2).any()) == is_said


def test_films_of_two_sources_each_with_its_class_are_warned_of(done: Path, tmp_path: Path) -> None:
    assert "Before you read on" not in (done / "out/index.html").read_text()
    manifest = write_films(tmp_path)
    assert not sources_apart(load_dataset(manifest, negatives=["normal"]))
    table = list(csv.DictReader(manifest.open()))
    for row in table:
        row["source"] = "here" if row["label"] == "normal" else "there"
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    assert sources_apart(load_dataset(manifest, negatives=["normal"]))


def test_the_same_command_takes_finished_folds_over_and_other_settings_train_anew(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (done / "out/index.html").read_bytes()
    assert main(command(done)) == 0
    assert "learns from" not in capsys.readouterr().out
    assert (done / "out/index.html").read_bytes() == before
    weights = done / "out/fold-1/segmentation/weights.safetensors"
    drawn, looked = weights.stat().st_mtime_ns, (done / "out/fold-1/classifier/weights.safetensors").read_bytes()
    assert main(command(done, "--classifier-rate", "0.001")) == 0
    assert weights.stat().st_mtime_ns == drawn, "the classifier's rate is nothing to the segmentation"
    assert (done / "out/fold-1/classifier/weights.safetensors").read_bytes() != looked


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--where", "label=normal"], "0 of 8 show infection; both classes are needed"),
        (["--folds", "13"], "13 folds need as many patients, there are 12; use --folds 12"),
        (["--folds", "1"], "folds: 1 is not valid"),
        (["--classifier-rate", "0"], "classifier.learning_rate: 0.0 is not valid"),
        (["--encoder", "resnet5"], "network.encoder: 'resnet5' is not valid"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(
    done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert main([*command(done), *more, "--out", str(tmp_path / "out")]) == 1
    assert words in capsys.readouterr().err


def test_folds_hold_whole_patients_and_both_classes(tmp_path: Path) -> None:
    films = films_of(load_dataset(write_films(tmp_path), negatives=["normal"]).films)
    parts = folds_of(films, 4, 1)
    assert sorted(film.film_id for part in parts for film in part) == [film.film_id for film in films]
    for part in parts:
        groups, others = {film.group for film in part}, [film for film in films if film not in part]
        assert groups.isdisjoint(film.group for film in others)
        assert {bool(film.infected) for film in others} == {True, False}
    one = next(film.group for film in films if not film.infected)
    few = [film for film in films if film.infected or film.group == one]
    with pytest.raises(ConfigError, match="without infection are of 1 patient"):
        folds_of(few, 2, 1)


def test_maps_of_four_pixels_by_hand() -> None:
    probability = np.array([[0.5, 0.001], [0.25, 0.25]], np.float32)
    assert shown_mass(probability).tolist() == [[0.5, 0], [0.25, 0.25]], "0.001 is below half a step of 255"
    assert relative(np.array([[2, 0], [4, 1]], np.float32)).tolist() == [[0.5, 0], [1, 0.25]]
    assert relative(np.zeros((2, 2), np.float32)).tolist() == [[0, 0], [0, 0]]
    truth = np.array([[True, False], [False, False]])
    found = shares_of({"map": shown_mass(probability), "none": np.zeros((2, 2), np.float32)}, {"infection": truth})
    assert found == {"map": {"infection": 0.5}, "none": {}}


def test_pictures_are_the_infection_map_and_grad_cam_in_the_same_colours() -> None:
    film = np.random.default_rng(1).integers(0, 256, (20, 30), np.uint8)
    probability = np.random.default_rng(2).random((20, 30)).astype(np.float32)
    made = pictures_of(film, probability > 0.5, None, probability, 3 * probability / probability.max())
    assert np.array_equal(made["infection_map"], infection_map(film, probability))
    assert np.array_equal(made["grad_cam"], infection_map(film, probability / probability.max()))
    assert np.array_equal(made["film"], np.stack([film] * 3, axis=2))
    large = pictures_of(np.tile(film, (20, 20)), *(np.tile(one, (20, 20)) for one in (film > 9, film > 9)), *[
        np.tile(probability, (20, 20))] * 2)  # fmt: skip
    assert large["truth"].shape == (213, 320, 3)


def compared(group: str, infected: bool, share: float, cam: float | None, score: float) -> ComparedFilm:
    cams = {} if cam is None else {"lungs": cam}
    shares = {"infection_map": {"lungs": share}, "grad_cam": cams, "uniform": {"lungs": 0.3}}
    return ComparedFilm(f"{group}-{share}", group, infected, 1, score, 1 - score, shares)


def test_figures_by_hand_with_negatives_apart_and_maps_of_zeros_left_out() -> None:
    films = [
        compared("p", True, 0.8, 0.2, 0.9), compared("p", True, 0.6, None, 0.4), compared("q", True, 0.4, 0.4, 0.5),
        compared("r", False, 0.1, 0.3, 0.7),
    ]  # fmt: skip
    found = summary_of(films)
    _, lungs, negatives = found["shares"]
    assert lungs["infection_map"]["mean"] == pytest.approx(0.6)
    assert (lungs["grad_cam"]["films"], lungs["grad_cam"]["mean"]) == (2, pytest.approx(0.3))
    assert (lungs["difference"]["films"], lungs["difference"]["mean"]) == (2, pytest.approx(0.3))
    assert negatives["difference"]["mean"] == pytest.approx(-0.2)
    assert found["shares"][0]["grad_cam"] == {"films": 0, "mean": None, "low": None, "high": None}
    assert (found["detection"]["infection_map"]["sensitivity"], found["detection"]["infection_map"]["fp"]) == (
        pytest.approx(2 / 3), 1
    )  # fmt: skip
    assert found["detection"]["grad_cam"]["specificity"] == 1


def test_the_interval_takes_whole_patients() -> None:
    # Two patients: every draw is p alone, q alone or both, so the ends are the patients' own means.
    values = [("p", 0.2), ("p", 0.4), ("q", 0.9)]
    found = mean_over_patients(values)
    assert (found["low"], found["high"]) == (pytest.approx(0.3), pytest.approx(0.9))
