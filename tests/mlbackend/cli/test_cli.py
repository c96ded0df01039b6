"""The command line, from a manifest to masks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mlbackend.cli.main import main
from mlbackend.data.manifest import ManifestError, read_samples
from mlbackend.data.reading import read_mask
from mlbackend.metrics import dice
from tests.mlbackend import world


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    storage = world.folder(tmp_path)
    rows = [
        {"image": s.image_key, "mask_lung": s.mask_key, "patient_id": s.patient if i else "", "set": "a" if i else "b"}
        for i, s in enumerate(world.samples(storage))
    ]
    path = storage.root / "manifest.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_train_then_predict(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "small.yaml"
    settings = world.settings(epochs=8, learning_rate=3e-3).to_json()
    network = world.LEARNER.to_json()
    config.write_text(json.dumps({"name": "small", "description": "d", "network": network, "training": settings}))
    model, out = tmp_path / "model", tmp_path / "out"
    arguments = ["--manifest", str(manifest), "--where", "set=a", "--config", str(config), "--out", str(model)]
    assert main(["train", *arguments]) == 0
    assert sorted(path.name for path in model.iterdir()) == ["card.json", "weights.safetensors"]
    assert "epoch 8/8" in capsys.readouterr().out
    image, truth = world.film(200)
    film = tmp_path / "new.png"
    film.write_bytes(image)
    assert main(["predict", "--weights", str(model), "--out", str(out), str(tmp_path / "nope.png"), str(film)]) == 1
    assert f"1 of 2 files have no result: {tmp_path}/nope.png: there is no such file" in capsys.readouterr().err
    assert dice(read_mask((out / "new.png").read_bytes()), read_mask(truth)) > 0.7


def test_a_mistake_is_one_line_on_stderr(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["train", "--manifest", str(manifest), "--out", str(tmp_path / "model")]
    assert main([*base, "--where", "sett=a"]) == 1
    assert "use COLUMN=VALUE with one of image, mask_lung" in capsys.readouterr().err
    assert main([*base, "--config", "nothing"]) == 1
    assert "scratch, tahir2021" in capsys.readouterr().err
    assert main([*base, "--target", "heart"]) == 1
    assert "'mask_heart'" in capsys.readouterr().err


def test_rows_are_chosen_split_by_patient_and_limited(manifest: Path) -> None:
    samples = read_samples(manifest, [], "lung", validation=0.25, seed=1)
    assert len(samples) == 12
    assert samples[0].patient == f"film:{samples[0].sample_id}"
    assert samples[0].image_key == f"data/{samples[0].sample_id}"
    assert sum(sample.split == "validation" for sample in samples) == 3
    assert len(read_samples(manifest, [], "lung", validation=0.25, seed=1, limit=5)) == 5


def test_a_file_without_an_image_column_is_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ManifestError, match="column 'image' is missing"):
        read_samples(path, [], "lung", validation=0.2, seed=1)
