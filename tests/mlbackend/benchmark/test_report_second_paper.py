"""The report in degerli2021's form: its metrics, what its intervals count, its figures beside ours."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.config import SecondSplit
from mlbackend.benchmark.reference import paper_table
from mlbackend.benchmark.report.forms import FORMS, half_words
from mlbackend.contracts import TrainingSettings
from tests.mlbackend.benchmark.report_world import WORKING, World, make_world

NETWORK = "unet-densenet121"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, Any]]:
    world = make_world(
        tmp_path_factory.mktemp("qata"), tasks=["infection"], architectures=["unet", "dla"], encoders=["densenet121"],
        encoder_frozen=[True, False], schemes=["parallel"], classes=1, paper="degerli2021", cut_to_lungs=False,
        threshold_included=True, failed=(), second=SecondSplit("group-ii", [NETWORK]),
        training=TrainingSettings(image_size=WORKING, epochs=5, balance=4.81),
    )  # fmt: skip
    return world, world.report()


def row_of(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["network"] == name)


def test_segmentation_is_that_of_table_1_with_pixels_of_the_class_behind_each_interval(
    made: tuple[World, dict[str, Any]],
) -> None:
    world, report = made
    row = row_of(report["segmentation"], NETWORK)
    sums = [0, 0, 0, 0]
    for fold in (1, 2):
        for film in world.scores[f"infection-parallel-{NETWORK}-{fold}"].films:
            for place, name in enumerate(("tp", "fp", "fn", "tn")):
                sums[place] += getattr(film.working, name)
    tp, fp, fn, tn = sums
    # Both folds of this world test the same films, so a pixel counts once.
    expected = {
        "sensitivity": (tp / (tp + fn), (tp + fn) / 2),
        "specificity": (tn / (tn + fp), (tn + fp) / 2),
        "precision": (tp / (tp + fp), sum(sums) / 2),
        "f1": (2 * tp / (2 * tp + fp + fn), sum(sums) / 2),
        "f2": (5 * tp / (5 * tp + 4 * fn + fp), sum(sums) / 2),
        "accuracy": ((tp + tn) / sum(sums), sum(sums) / 2),
    }
    for metric, (value, count) in expected.items():
        assert row[metric]["value"] == pytest.approx(value), metric
        assert row[metric]["half"] == pytest.approx(1.96 * math.sqrt(value * (1 - value) / count)), metric
    auc = row["auc"]
    assert auc["half"] == pytest.approx(1.96 * math.sqrt(auc["value"] * (1 - auc["value"]) / (sum(sums) / 2)))


def test_the_papers_own_figures_stand_beside_frozen_and_free_networks(made: tuple[World, dict[str, Any]]) -> None:
    _, report = made
    free, frozen = (row_of(report["segmentation"], name) for name in (NETWORK, f"{NETWORK}-frozen"))
    assert (free["f1"]["paper"], frozen["f1"]["paper"]) == pytest.approx((0.8581, 0.8411))
    assert free["dsc"]["paper"] == free["f1"]["paper"], "F1 of pixels is their DSC"
    assert free["sensitivity"]["paper_half"] == pytest.approx(1.5e-4)
    assert free["auc"]["paper"] == pytest.approx(0.9919)
    assert free["iou"]["paper"] is None
    found = row_of(report["detection"], NETWORK)
    assert (found["sensitivity"]["paper"], found["f2"]["paper"]) == pytest.approx((0.9837, 0.9708))
    assert found["paper_confusion"] == {"tp": 2903, "fp": 244, "fn": 48, "tn": 12300}
    assert row_of(report["detection"], f"{NETWORK}-frozen")["paper_confusion"] is None


def test_intervals_of_detection_count_films_of_the_class(made: tuple[World, dict[str, Any]]) -> None:
    _, report = made
    row = row_of(report["detection"], "dla-densenet121")
    for metric, count in (
        ("sensitivity", row["films_positive"]),
        ("specificity", row["films_negative"]),
        ("f2", row["films"]),
    ):
        value = row[metric]["value"]
        assert row[metric]["half"] == pytest.approx(1.96 * math.sqrt(value * (1 - value) / count)), metric


def test_the_second_group_stands_apart_with_tables_6_and_7(made: tuple[World, dict[str, Any]]) -> None:
    world, report = made
    second = report["second"]
    assert [row["network"] for row in second["segmentation"]] == [NETWORK]
    assert second["segmentation"][0]["from"]["cells"] == [f"infection-parallel-{NETWORK}-3"]
    assert second["segmentation"][0]["sensitivity"]["paper"] == pytest.approx(0.8172)
    assert second["detection"][0]["specificity"]["paper"] == pytest.approx(0.9988)
    assert second["detection"][0]["paper_confusion"] == {"tp": 829, "fp": 31, "fn": 44, "tn": 26534}
    for row in report["segmentation"]:
        assert not [cell for cell in row["from"]["cells"] if cell.endswith("-3")]
    assert 'id="second"' in world.page


def test_costs_stand_beside_table_8_with_values_that_do_not_learn(made: tuple[World, dict[str, Any]]) -> None:
    _, report = made
    row = row_of(report["cost"], "dla-densenet121-frozen")
    assert (row["paper_parameters_millions"], row["paper_fixed_millions"]) == pytest.approx((6.27, 6.96))
    free = row_of(report["cost"], "dla-densenet121")
    assert free["paper_fixed_millions"] == pytest.approx(0.08845)
    assert free["paper_ms_per_image"] == pytest.approx(4.65)


def test_films_before_and_after_balancing_stand_beside_tables_2_and_5(made: tuple[World, dict[str, Any]]) -> None:
    _, report = made
    rows = {(row["split"], row["class"]): row for row in report["samples"]}
    assert rows["fold 1", "infected"]["paper_shown"] == 10035
    assert rows["fold 1", "total"]["paper_training"] == 12396
    assert rows["group-ii", "total"]["paper_training"] == 91878
    assert rows["group-ii", "total"]["paper_shown"] == 106524
    assert rows["group-ii", "total"]["paper_test"] == 27438
    for (_, kind), row in rows.items():
        assert row["shown"] >= row["training"]
        if kind == "total":
            parts = [one for (split, name), one in rows.items() if split == row["split"] and name != "total"]
            assert row["shown"] == sum(one["shown"] for one in parts)


def test_all_eight_tables_are_written_and_whole(made: tuple[World, dict[str, Any]]) -> None:
    world, _ = made
    folder = world.out / "report" / "tables"
    names = {path.stem for path in folder.glob("*.tex")}
    assert {
        "table1_infection_parallel", "table2_samples", "table3_parallel", "table4_confusion", "table5_samples",
        "table6_second", "table7_confusion", "table8_cost",
    } <= names  # fmt: skip
    first = (folder / "table1_infection_parallel.tex").read_text()
    assert r"\times 10^{-" in first
    assert "yes" in first
    with (folder / "samples.csv").open(newline="") as file:
        assert {row["split"] for row in csv.DictReader(file)} == {"fold 1", "fold 2", "group-ii"}


def test_the_leading_network_of_each_architecture_is_drawn_alone(made: tuple[World, dict[str, Any]]) -> None:
    world, _ = made
    drawn = (world.out / "report/figures/leading_infection_parallel.svg").read_text()
    assert NETWORK in drawn
    assert "frozen" not in drawn
    assert "encoder frozen" in (world.out / "report/figures/pixels_infection_parallel.svg").read_text()


def test_the_reader_is_warned_of_intervals_by_pixels_and_of_frozen_random_weights(
    made: tuple[World, dict[str, Any]],
) -> None:
    said = " ".join(made[1]["cautions"])
    assert "Pixels of a film are not independent" in said
    assert "Frozen encoders kept these random weights" in said


def test_half_widths_are_written_as_the_paper_prints_them() -> None:
    with Path(paper_folder() / "degerli2021_table1_infection_segmentation.csv").open() as file:
        printed = {float(value) for row in csv.DictReader(file) for key, value in row.items() if "interval" in key}
    for value in printed:
        number, _, power = half_words(value).partition(" × 10")
        exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        assert float(number) * 10**exponent == pytest.approx(value)
    assert half_words(0.0056) == "0.0056"
    assert half_words(9.99e-5) == "1.0 × 10⁻⁴"
    assert half_words(0) == "0"


def paper_folder() -> Path:
    from mlbackend.benchmark import reference

    return Path(reference.__file__).parent


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.paper)
def test_every_form_has_its_tables(form: Any) -> None:
    assert paper_table(form.cost_table).paper == form.paper
    assert set(form.figures) == set(form.counts) == {"segmentation", "detection"}


def part(page: str, name: str) -> str:
    """A section of the page in plain words."""
    section = page.partition(f'<section id="{name}">')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).replace("\u00a0", " ").split())


def test_rows_name_model_encoder_and_whether_it_is_frozen_as_table_1_does(made: tuple[World, dict[str, Any]]) -> None:
    segmentation = part(made[0].page, "segmentation")
    assert "Model Encoder Frozen Sensitivity Specificity Precision F1 F2 Accuracy AUC" in segmentation
    assert "U-Net DenseNet-121 yes" in segmentation
    assert "DLA DenseNet-121 no" in segmentation
    tables = made[0].out / "report/tables"
    assert "U-Net & DenseNet-121 & yes" in (tables / "table1_infection_parallel.tex").read_text()


def test_the_caption_says_which_n_the_intervals_have(made: tuple[World, dict[str, Any]]) -> None:
    world, report = made
    counted = row_of(report["segmentation"], NETWORK)["counted"]
    assert counted["sensitivity"] + counted["specificity"] == counted["accuracy"] == counted["auc"]
    words = {name: f"{count:,.0f}".replace(",", " ") for name, count in counted.items()}
    segmentation = part(world.page, "segmentation")
    assert f"N behind ± is their pixels at the working size, {words['accuracy']}" in segmentation
    assert f"for sensitivity the {words['sensitivity']} infected" in segmentation
    assert f"for specificity the {words['specificity']} others" in segmentation
    assert "N = " not in segmentation


def test_the_second_group_has_the_papers_name_and_the_header_says_what_ran(
    made: tuple[World, dict[str, Any]],
) -> None:
    page = made[0].page
    assert part(page, "second").startswith("Control group II ")
    assert page.count("group-ii") == 1, "among the settings alone"
    assert "4 networks on infection, 2 folds and control group II, 64 px, 5 epochs at most" in page
    assert "2\u00a0000 bootstrap draws" in page, "a number does not break over a line"
