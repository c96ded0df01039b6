"""``map`` on the files that people have: colour, transparency, 16 bits, and some that are no films."""

from __future__ import annotations

import colorsys
import csv
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mlbackend.cli import quantify
from mlbackend.cli.main import main
from mlbackend.data.reading import read_gray
from mlbackend.prediction.infection_map import tints

RNG = np.random.default_rng(5)
COLOUR = RNG.integers(0, 256, (24, 32, 3), np.uint8)
ALPHA = RNG.integers(0, 256, (24, 32), np.uint8)
GREY = RNG.integers(0, 256, (24, 32), np.uint8)
DEEP = RNG.integers(0, 65536, (24, 32), np.uint16)


class Halves:
    """In place of a network: nothing in a film's left half, 0.8 in its right. Keeps what it was shown."""

    size = 32

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def probabilities(self, films: np.ndarray, at_once: int) -> np.ndarray:
        self.seen.extend(films)
        made = np.zeros(films.shape, np.float32)
        made[..., self.size // 2 :] = 0.8
        return made


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> Halves:
    engine = Halves()
    monkeypatch.setattr(quantify, "load_model", lambda *args, **options: engine)
    return engine


def draw(tmp_path: Path, *files: Path) -> int:
    return main(["map", "--weights", "w", "--out", str(tmp_path / "out"), *map(str, files)])


def saved(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def map_of(tmp_path: Path, name: str) -> np.ndarray:
    return np.asarray(cv2.imread(str(tmp_path / f"out/{name}-map.png"))[..., ::-1])


def value_of(pixel: np.ndarray) -> float:
    return colorsys.rgb_to_hsv(*(float(channel) / 255 for channel in pixel[:3]))[2]


@pytest.mark.parametrize(
    ("name", "pixels", "rounding"),
    [("colour", COLOUR, 0), ("rgba", np.dstack([COLOUR, ALPHA]), 1), ("grey", GREY, 0)],
)
def test_value_in_hsv_of_a_map_is_the_films_own(
    halves: Halves, tmp_path: Path, name: str, pixels: np.ndarray, rounding: int
) -> None:
    assert draw(tmp_path, saved(tmp_path / f"{name}.png", pixels)) == 0
    drawn = map_of(tmp_path, name)
    for row, column in itertools.product(range(24), range(32)):
        pixel = np.atleast_1d(pixels[row, column])
        film = value_of(np.repeat(pixel, 3) if pixel.size == 1 else pixel)
        film *= pixel[3] / 255 if pixel.size == 4 else 1
        assert abs(255 * value_of(drawn[row, column]) - 255 * film) <= 0.5 * rounding + 1e-6
        hue, saturation, _ = colorsys.rgb_to_hsv(*(float(channel) for channel in drawn[row, column]))
        if column < 12:
            assert saturation == 0, "nothing is found here: no colour, the film's own neither"
        elif column >= 20 and film > 0.5:
            assert (hue, saturation) == (pytest.approx(HUE, abs=0.01), pytest.approx(1))


HUE = colorsys.rgb_to_hsv(*tints()[204])[0]
"""Of a probability of 0.8."""


def test_the_network_sees_the_luminance_that_it_has_learnt_from(halves: Halves, tmp_path: Path) -> None:
    path = saved(tmp_path / "colour.png", np.asarray(Image.fromarray(COLOUR).resize((32, 32), 0)))
    assert draw(tmp_path, path) == 0
    assert np.array_equal(halves.seen[0], read_gray(path.read_bytes()))
    assert halves.seen[0].mean() < np.asarray(Image.open(path)).max(axis=2).mean() - 20


@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8 bits", "16 bits"])
def test_a_grey_film_keeps_its_greys_exactly(halves: Halves, tmp_path: Path, pixels: np.ndarray) -> None:
    path = saved(tmp_path / "film.png", pixels)
    assert draw(tmp_path, path) == 0
    assert np.array_equal(map_of(tmp_path, "film").max(axis=2), read_gray(path.read_bytes()))


def test_what_cannot_be_read_is_named_with_a_remedy_and_the_others_are_drawn(
    halves: Halves, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dicom = tmp_path / "scan.dcm"
    dicom.write_bytes(bytes(128) + b"DICM" + bytes(64))
    good = [saved(tmp_path / f"{name}.png", GREY) for name in "ab"]
    assert draw(tmp_path, tmp_path / "nope.png", good[0], dicom, good[1]) == 1
    told = capsys.readouterr().err
    assert "2 of 4 files have no result" in told
    assert f"{tmp_path}/nope.png: there is no such file; correct its name" in told
    assert f"{dicom}: DICOM is not read here; give it as PNG" in told
    assert [row["image"] for row in csv.DictReader((tmp_path / "out/maps.csv").open())] == ["a", "b"]
    assert all((tmp_path / f"out/{name}-map.png").is_file() for name in "ab")


@pytest.mark.parametrize("command", ["map", "predict"])
def test_a_folder_without_a_network_is_refused_with_the_option_that_named_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    wrong = tmp_path / "wrong"
    film = saved(tmp_path / "film.png", GREY)
    assert main([command, "--weights", str(wrong), "--out", str(tmp_path / "out"), str(film)]) == 1
    told = capsys.readouterr().err
    assert f"{wrong}: no network there, card.json is missing; name a folder that train or a benchmark wrote" in told
    assert "--weights" in told
    assert not wrong.exists()
    wrong.mkdir()
    (wrong / "weights.safetensors").write_bytes(b"")
    (wrong / "card.json").write_text("{")
    assert main([command, "--weights", str(wrong), "--out", str(tmp_path / "out"), str(film)]) == 1
    assert "card.json: cannot be read" in capsys.readouterr().err
