"""Training from scratch on few real films, as a project's first round does."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlbackend.config import load_experiment
from mlbackend.contracts import ModelRef, PredictChunk, PredictImage, PredictRequest, Split, TrainRequest, TrainSample
from mlbackend.data.reading import read_mask
from mlbackend.metrics import dice
from mlbackend.prediction import predict
from mlbackend.training import train
from tests.mlbackend import world

DATA = Path(__file__).resolve().parents[3] / "../shared/data"


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "manifest.csv").is_file(), reason="the real films are not beside the project")
def test_48_films_teach_a_network_to_draw_lungs_at_film_resolution(tmp_path: Path) -> None:
    rows = [r for r in csv.DictReader((DATA / "manifest.csv").open()) if r["set"] == "shenzhen_tb_lung"]
    rows = [rows[index] for index in np.random.default_rng(0).permutation(len(rows))[:160]]
    assert len({row["patient_id"] for row in rows}) == len(rows)
    storage = world.folder(tmp_path)
    for row in rows:
        storage.write("image/" + row["image"], (DATA / row["image"]).read_bytes())
    for row in rows[:60]:
        storage.write("mask/" + row["image"], (DATA / row["mask_lung"]).read_bytes())
    samples = [
        TrainSample(name, f"image/{name}", f"mask/{name}", row["patient_id"], split)
        for index, row in enumerate(rows[:60])
        for name, split in [(row["image"], Split.TRAIN if index < 48 else Split.VALIDATION)]
    ]
    experiment = load_experiment("scratch")
    settings = replace(experiment.training, threads=2)
    trained = train(
        TrainRequest("t", 1, experiment.network, settings, samples),
        storage,
        on_progress=lambda progress: None,
        should_cancel=lambda: False,
    )
    model = ModelRef("m", experiment.network, settings.image_size, trained.weights_key, trained.weights_sha256)
    images = [PredictImage(r["image"], "image/" + r["image"], int(r["width"]), int(r["height"])) for r in rows[60:]]
    result = predict(
        PredictRequest("p", 1, [model], images), storage, on_progress=lambda p: None, should_cancel=lambda: False
    )
    truth = {row["image"]: read_mask((DATA / row["mask_lung"]).read_bytes()) for row in rows[60:]}
    masks = [m for key in result.chunk_keys for m in PredictChunk.from_json(json.loads(storage.read(key))).masks]
    assert np.mean([dice(read_mask(storage.read(m.mask_key)), truth[m.image_id]) for m in masks]) >= 0.94
