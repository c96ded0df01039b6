"""The second paper's grid: its config, its second split, its rule of detection, and a whole run of it."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlbackend.benchmark.choice import chosen_config
from mlbackend.benchmark.config import SecondSplit, check_benchmark, load_benchmark
from mlbackend.benchmark.dataset import Dataset, load_dataset
from mlbackend.benchmark.plan import Plan, make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark
from mlbackend.benchmark.run.cells import cells_of
from mlbackend.benchmark.run.folder import BenchmarkError
from mlbackend.benchmark.run.steps import steps_of
from mlbackend.benchmark.scoring import Drawing, Histogram, Truth, score_film
from mlbackend.cli.main import main
from mlbackend.config import ConfigError
from mlbackend.contracts import STEP_LUNGS, BenchmarkWish, TestSample
from mlbackend.data.manifest import ManifestError
from tests.mlbackend.benchmark.world import config, read_manifest, write_films, write_manifest

PAPER_TABLE = Path(__file__).parents[3] / "mlbackend/benchmark/reference/degerli2021_table1_infection_segmentation.csv"


def qata(**changes: Any) -> Any:
    """Two small networks, one of them frozen, two folds and a second split."""
    training = dataclasses.replace(
        config().training, loss="focal_dice", augmentation="shift_rotate", balance=4.81, epochs=1
    )
    values: dict[str, Any] = {
        "tasks": ["infection"], "encoder_frozen": [True, False], "classes": 1, "test": "folds", "cut_to_lungs": False,
        "threshold_included": True, "paper": "degerli2021", "training": training,
        "second": SecondSplit("group-ii", ["fpn-mobilenet_v2"], 0.3),
    }  # fmt: skip
    return config(**(values | changes))


def films(root: Path, count: int = 36) -> Path:
    """Infected films, and films without infection of two diseases: ``normal`` and ``other``."""
    path = write_films(root, count)
    rows = read_manifest(path)
    for place, row in enumerate(rows):
        if row["label"] == "normal" and place % 2:
            row["label"] = "other"
    return write_manifest(root, rows)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return load_dataset(films(tmp_path / "data"), negatives=["normal"], second_negatives=["OTHER"])


def labels(data: Dataset, plan: Plan, fold: int) -> dict[str, Counter[str]]:
    parts = plan.of(data.films, "infection", fold)
    return {split: Counter(film.label for film in members) for split, members in parts.items()}


def test_the_grid_is_the_papers_twenty_four_networks_in_its_order_with_its_settings() -> None:
    paper = load_benchmark("qata")
    with PAPER_TABLE.open() as file:
        named = [(row["architecture"], row["encoder"], row["encoder_frozen"] == "true") for row in csv.DictReader(file)]
    assert [(n.architecture, n.encoder, n.encoder_frozen) for n in paper.networks()] == named
    assert len({network.name for network in paper.networks()}) == 24
    assert {network.classes for network in paper.networks()} == {1}
    training = paper.training
    assert (training.image_size, training.epochs, training.batch_size, training.learning_rate) == (224, 50, 32, 1e-4)
    assert (training.beta1, training.beta2, training.loss, training.schedule) == (0.9, 0.999, "focal_dice", "constant")
    assert (paper.test, paper.folds, paper.threshold, paper.threshold_included) == ("folds", 5, 0.5, True)
    assert not paper.cut_to_lungs
    assert [network.name for network in paper.networks_of(6)] == ["unet-densenet121"]


def test_each_group_has_its_own_films_without_infection_and_both_have_those_with(data: Dataset) -> None:
    plan = make_plan(qata(), data)
    assert [fold.number for fold in plan.folds] == [1, 2, 3]
    for fold in (1, 2):
        assert "other" not in sum(labels(data, plan, fold).values(), Counter())
    tested = [film_id for fold in plan.folds[:2] for film_id in fold.test]
    first = {film.film_id for film in data.films if film.label != "other"}
    assert sorted(tested) == sorted(first), "each film of the first group is tested once"
    found = labels(data, plan, 3)
    assert "normal" not in sum(found.values(), Counter())
    assert all(found[split]["other"] and found[split]["covid"] for split in ("train", "test"))
    share = sum(found["test"].values()) / sum(sum(part.values()) for part in found.values())
    assert share == pytest.approx(0.3, abs=0.08)


def test_no_patient_is_on_two_sides_of_any_split(data: Dataset) -> None:
    plan = make_plan(qata(), data)
    for fold in plan.folds:
        parts = plan.of(data.films, "infection", fold.number)
        owners = [{film.group for film in members} for members in parts.values()]
        assert not owners[0] & owners[1]
        assert not owners[0] & owners[2]
        assert not owners[1] & owners[2]


def test_the_second_split_is_the_datas_own_where_it_has_one(tmp_path: Path) -> None:
    root = tmp_path / "data"
    rows = read_manifest(films(root))
    theirs = {row["patient_id"] for row in rows if row["label"] == "other"}
    for row in rows:
        if row["patient_id"] in theirs:
            row["split"] = "test" if int(row["patient_id"][1:]) % 2 else "train"
    data = load_dataset(write_manifest(root, rows), negatives=["normal"], second_negatives=["other"])
    parts = make_plan(qata(), data).of(data.films, "infection", 3)
    given = {film.film_id: film.split for film in data.films if film.split}
    assert given
    for split, members in parts.items():
        for film in members:
            if film.film_id in given:
                assert (given[film.film_id] == "test") == (split == "test")
    drawn = [film for film in parts["test"] if film.film_id not in given]
    assert drawn, "films without a split of their own are divided by share"


def test_the_second_split_trains_its_own_networks_alone_and_none_waits_for_lungs(data: Dataset) -> None:
    made = qata()
    plan = make_plan(made, data)
    cells = cells_of(made, [fold.number for fold in plan.folds])
    assert Counter(cell.fold for cell in cells) == {1: 2, 2: 2, 3: 1}
    steps = steps_of(made, plan)
    assert not [step for step in steps if step.kind == STEP_LUNGS]
    assert all(not step.after for step in steps if step.kind == "cell")


def test_without_films_of_its_own_the_second_split_is_left_out_and_said_to_be() -> None:
    left = chosen_config(BenchmarkWish("qata"))
    assert left.second is None
    assert "group-ii is left out" in left.deviations[-1]
    kept = chosen_config(BenchmarkWish("qata", second_negatives=["pneumonia"], folds=[6]))
    assert kept.second is not None
    with pytest.raises(ConfigError, match="second_negatives: the config tahir2021 has no second split"):
        chosen_config(BenchmarkWish("tahir2021", second_negatives=["pneumonia"]))
    with pytest.raises(ConfigError, match="fold"):
        chosen_config(BenchmarkWish("qata", folds=[6]))


def test_a_label_of_the_second_split_that_no_film_has_is_refused_by_its_option(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="--second-negatives 'tb': no row has this label; use one of 'covid'"):
        load_dataset(films(tmp_path), second_negatives=["tb"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encoder_frozen": []}, "encoder_frozen: the list is empty"),
        ({"encoder_frozen": [True, True]}, "encoder_frozen: .* names one twice"),
        ({"second": SecondSplit("", ["fpn-mobilenet_v2"])}, "second.name"),
        ({"second": SecondSplit("x", [])}, "second.networks: the list is empty"),
        ({"second": SecondSplit("x", ["unet-vgg11"])}, "second.networks: 'unet-vgg11' is not valid; use one of fpn"),
        ({"second": SecondSplit("x", ["fpn-mobilenet_v2"], 1.5)}, "second.test_share: 1.5"),
        ({"paper": "else2020"}, "paper: 'else2020' is not valid; use one of tahir2021, degerli2021"),
        ({"schemes": ["cascaded"]}, "cut_to_lungs: False is not valid with the cascaded scheme"),
    ],
)
def test_what_the_grid_cannot_do_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_benchmark(qata(**changes))


def test_a_film_is_positive_from_exactly_a_half_on_wherever_the_pixel_lies() -> None:
    probability = np.full((8, 8), 0.25, np.float32)
    probability[0, 0] = 0.5
    sample = TestSample("a", "", "", "p")
    lungs = np.zeros((8, 8), bool)
    lungs[4:, 4:] = True

    def score(included: bool, cut: bool) -> Any:
        truth = Truth(np.zeros((8, 8), bool), lungs if cut else None)
        drawing = Drawing("infection", 0.5, included)
        return score_film(sample, probability, truth, Histogram.empty(), drawing)[0]

    assert score(included=True, cut=False).predicted_positive
    assert score(included=True, cut=False).working.fp == 1
    assert not score(included=False, cut=False).predicted_positive
    assert not score(included=True, cut=True).predicted_positive


def test_chexnet_without_weights_is_told_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHEXNET_WEIGHTS", raising=False)
    write_films(tmp_path / "data")
    status = main(["benchmark", "--config", "qata", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")])
    assert status == 1
    assert "set CHEXNET_WEIGHTS to the path" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_grid_runs_to_its_report_with_all_eight_tables(data: Dataset, tmp_path: Path) -> None:
    made = qata()
    plan = make_plan(made, data)
    folder = BenchmarkFolder.at(tmp_path / "out", data, made)
    folder.keep_plan(plan)
    said: list[str] = []
    results = run_benchmark(folder, plan, say=said.append)
    assert {str(result.outcome) for result in results} == {"succeeded"}, [result.error for result in results]
    assert not any(words.startswith("lungs") and "none, infection" not in words for words in said)
    report = tmp_path / "out" / folder.report()
    found = json.loads((report.parent / "report.json").read_text())
    rows = {row["network"]: row for row in found["segmentation"]}
    assert rows.keys() == {"fpn-mobilenet_v2", "fpn-mobilenet_v2-frozen"}
    assert rows["fpn-mobilenet_v2"]["folds_asked"] == 2, "the second split is no fold of the first"
    assert [row["network"] for row in found["second"]["segmentation"]] == ["fpn-mobilenet_v2"]
    assert found["second"]["detection"][0]["films_negative"] > 0
    shown = [row for row in found["samples"] if row["split"] == "fold 1"]
    assert shown[0]["shown"] == shown[1]["shown"], "classes count as many"
    frozen, free = (next(row for row in found["cost"] if row["encoder_frozen"] is value) for value in (True, False))
    assert frozen["parameters"] + frozen["fixed"] == free["parameters"] + free["fixed"]
    assert frozen["parameters"] < free["parameters"]
    made_tables = {path.stem for path in (report.parent / "tables").glob("*.tex")}
    assert {f"table{number}" for number in range(1, 9)} == {name.split("_")[0] for name in made_tables} & {
        f"table{number}" for number in range(1, 9)
    }
    assert (report.parent / "figures/leading_infection_parallel.svg").is_file()
    page = report.read_text()
    assert "inside the lungs" not in page.partition('id="detection"')[2].partition("</section>")[0]
    again = BenchmarkFolder.at(tmp_path / "out", data, dataclasses.replace(made, cut_to_lungs=True))
    with pytest.raises(BenchmarkError, match="another cut_to_lungs"):
        again.keep_plan(plan)


def test_a_benchmark_that_was_begun_before_there_were_these_settings_goes_on(tmp_path: Path) -> None:
    data = load_dataset(write_films(tmp_path / "data"), negatives=["normal"])
    folder = BenchmarkFolder.at(tmp_path / "out", data, config())
    plan = make_plan(config(), data)
    folder.keep_plan(plan)
    kept = folder.read("plan.json")
    for name in ("cut_to_lungs", "threshold_included", "second", "second_negatives"):
        del kept["identity"][name]
    del kept["identity"]["training"]["balance"]
    folder.keep("plan.json", kept)
    folder.keep_plan(plan)
