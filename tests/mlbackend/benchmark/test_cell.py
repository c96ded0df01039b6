"""One cell: what it scores, what it keeps, and what it does about trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from mlbackend.benchmark import cell as cell_module
from mlbackend.benchmark.cell import run_cell
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run.cells import Cell, Lungs, request_of
from mlbackend.contracts import (
    CellRequest,
    CellResult,
    FilmScores,
    ModelRef,
    NetworkSpec,
    Outcome,
    TrainResult,
    Trouble,
)
from mlbackend.data.reading import read_gray, read_mask, write_mask
from mlbackend.metrics import confusion
from mlbackend.prediction.engine import load_engine
from mlbackend.storage import DATA, FolderStorage, OverlayStorage
from tests.mlbackend.benchmark.world import config, write_films

NETWORK = NetworkSpec("fpn", "mobilenet_v2")


@pytest.fixture
def storage(tmp_path: Path) -> OverlayStorage:
    write_films(tmp_path / "data")
    return OverlayStorage(FolderStorage(tmp_path / "data"), FolderStorage(tmp_path / "out"))


def request(storage: OverlayStorage, task: str = "lung", *, cut: bool = False, **changes: Any) -> CellRequest:
    assert isinstance(storage.data, FolderStorage)
    data = load_dataset(storage.data.root / "manifest.csv", negatives=["normal"])
    made = config()
    lungs = Lungs("truth", {film.film_id: film.masks["lung"] for film in data.films}) if cut else None
    asked = request_of(Cell(task, "parallel", NETWORK, 1), made, make_plan(made, data), data.films, lungs)
    return replace(asked, **changes)


def run(asked: CellRequest, storage: OverlayStorage) -> CellResult:
    return run_cell(asked, storage, on_progress=lambda progress: None, should_cancel=lambda: False)


def scores(result: CellResult, storage: OverlayStorage) -> FilmScores:
    assert result.outcome == Outcome.SUCCEEDED, result.error
    return FilmScores.from_json(json.loads(storage.read(result.films_key)))


def test_the_scores_are_those_of_the_stored_weights_worked_out_anew(storage: OverlayStorage) -> None:
    asked = request(storage, "infection", cut=True)
    result = run(asked, storage)
    found = scores(result, storage)
    model = ModelRef("again", NETWORK, 32, result.weights_key, result.weights_sha256)
    engine = load_engine(model, storage, torch.device("cpu"), "fp32")
    positive = negative = 0
    assert [score.sample_id for score in found.films] == [test.sample_id for test in asked.tests]
    for test, score in zip(asked.tests, found.films, strict=True):
        grey = read_gray(storage.read(test.image_key))
        small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)
        probability = engine.probabilities(small[None], 1)[0]
        lungs = read_mask(storage.read(test.lungs_key))
        truth = read_mask(storage.read(test.mask_key)) if test.mask_key else np.zeros_like(lungs)
        whole = cv2.resize(probability, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
        expected = confusion((whole > 0.5) & lungs, truth)
        assert (score.native.tp, score.native.fp, score.native.fn, score.native.tn) == (
            expected.tp, expected.fp, expected.fn, expected.tn,
        )  # fmt: skip
        assert score.truth_positive == bool(truth.any())
        share = ((whole > 0.5) & lungs).sum() / lungs.sum()
        assert score.predicted_shares.both == pytest.approx(share)
        small_lungs = cv2.resize(lungs.astype(np.float32), (32, 32), interpolation=cv2.INTER_AREA) >= 0.5 - 1e-6
        assert score.score == pytest.approx(float((probability * small_lungs).max()), abs=1e-6)
        assert score.predicted_positive == bool(((probability > 0.5) & small_lungs).any())
        working = score.working
        positive += working.tp + working.fn
        negative += working.fp + working.tn
    assert sum(found.positive) == positive
    assert sum(found.negative) == negative
    assert positive + negative == 32 * 32 * len(asked.tests)


def test_the_true_infected_share_is_that_of_the_true_lungs_whatever_lungs_a_network_drew(
    storage: OverlayStorage,
) -> None:
    asked = request(storage, "infection", cut=True)
    half = np.zeros((96, 80), bool)
    half[:48] = True
    storage.write("half.png", write_mask(half))
    found = scores(
        run(replace(asked, tests=[replace(test, lungs_key="half.png") for test in asked.tests]), storage), storage
    )
    for test, score in zip(asked.tests, found.films, strict=True):
        lungs = read_mask(storage.read(test.true_lungs_key))
        truth = read_mask(storage.read(test.mask_key)) if test.mask_key else np.zeros_like(lungs)
        assert score.truth_shares.both == pytest.approx((truth & lungs).sum() / lungs.sum())
        assert score.predicted_shares.both is not None


def test_the_best_the_median_and_the_worst_films_keep_their_masks(storage: OverlayStorage) -> None:
    asked = request(storage, cases=1)
    films = scores(run(asked, storage), storage).films
    kept = [film for film in films if film.case_key]
    assert len(kept) == 3
    for film in kept:
        mask = read_mask(storage.read(film.case_key))
        truth = read_mask(storage.read(next(t.mask_key for t in asked.tests if t.sample_id == film.sample_id)))
        assert int((mask & truth).sum()) == film.native.tp
        assert int((mask & ~truth).sum()) == film.native.fp


def test_a_film_of_a_trained_patient_is_never_scored(storage: OverlayStorage) -> None:
    asked = request(storage)
    leaked = replace(asked.tests[0], patient=asked.samples[0].patient)
    result = run(replace(asked, tests=[leaked]), storage)
    assert result.outcome == Outcome.FAILED
    assert asked.samples[0].patient in result.error


def fails_first(reason: Trouble, words: str) -> Callable[..., TrainResult]:
    """A training whose whole batches, or bf16, do not go."""
    real = cell_module.train

    def train(wanted: Any, *args: Any, **kwargs: Any) -> TrainResult:
        too_much = reason == Trouble.MEMORY and not 0 < wanted.settings.micro_batch <= 2
        no_number = reason == Trouble.NOT_FINITE and wanted.settings.precision == "bf16"
        if too_much or no_number:
            return TrainResult(
                wanted.job_id, wanted.attempt, Outcome.FAILED, words, reason, precision=wanted.settings.precision
            )
        return real(wanted, *args, **kwargs)

    return train


def test_where_memory_is_full_the_batch_is_split_and_the_result_says_so(
    storage: OverlayStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_module, "train", fails_first(Trouble.MEMORY, "full"))
    result = run(request(storage), storage)
    assert result.outcome == Outcome.SUCCEEDED, result.error
    assert result.notes == ["memory was full: batches of 4 went through 2 films at a time"]


def test_where_the_loss_is_no_number_in_bf16_it_is_trained_in_fp32(
    storage: OverlayStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_module, "train", fails_first(Trouble.NOT_FINITE, "nan"))
    result = run(request(storage, settings=replace(config().training, precision="bf16")), storage)
    assert result.outcome == Outcome.SUCCEEDED, result.error
    assert result.precision == "fp32"
    assert "fp32" in result.notes[0]


def test_a_loss_that_is_no_number_in_fp32_either_fails_with_the_trainings_words(
    storage: OverlayStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(wanted: Any, *args: Any, **kwargs: Any) -> TrainResult:
        words = f"the training loss is nan in {wanted.settings.precision}"
        precision = wanted.settings.precision
        return TrainResult("job", 1, Outcome.FAILED, words, Trouble.NOT_FINITE, precision=precision)

    monkeypatch.setattr(cell_module, "train", train)
    result = run(request(storage, settings=replace(config().training, precision="bf16")), storage)
    assert (result.outcome, result.error) == (Outcome.FAILED, "the training loss is nan in fp32")
    assert len(result.notes) == 1


def test_a_mask_of_another_size_than_its_film_fails_in_words(storage: OverlayStorage) -> None:
    asked = request(storage)
    cv2.imwrite(str(storage.data.root / asked.tests[0].mask_key.removeprefix(DATA)), np.zeros((10, 10), np.uint8))  # type: ignore[attr-defined]
    result = run(asked, storage)
    assert result.outcome == Outcome.FAILED
    assert asked.tests[0].sample_id in result.error
