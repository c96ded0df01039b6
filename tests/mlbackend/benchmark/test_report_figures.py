"""The report's figures against figures counted film by film, and beside the papers'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from mlbackend.contracts import FilmScore
from mlbackend.metrics import binomial_interval
from tests.mlbackend.benchmark.report_world import SIZE, WORKING, World, make_world


def row_of(report: dict[str, Any], section: str, **keys: str) -> dict[str, Any]:
    found = [row for row in report[section] if all(row[key] == value for key, value in keys.items())]
    assert len(found) == 1
    return found[0]


UNET = {"task": "infection", "scheme": "parallel", "network": "unet-resnet18"}


def films_of(world: World, task: str, scheme: str, network: str) -> list[FilmScore]:
    """Every film of every fold, one after the other."""
    return [
        film
        for fold in (1, 2)
        for film in world.scores[f"{task}-{scheme}-{network}-{fold}"].films
    ]  # fmt: skip


def test_dsc_is_that_of_all_films_and_folds_counted_together(world: World, report: dict[str, Any]) -> None:
    films = films_of(world, **UNET)
    for column, size in (("working", WORKING), ("native", SIZE)):
        counts = [getattr(film, column) for film in films]
        tp, fp, fn = (sum(getattr(part, name) for part in counts) for name in ("tp", "fp", "fn"))
        row = row_of(report, "segmentation", **UNET)
        prefix = "" if column == "working" else "film_"
        assert row[f"{prefix}dsc"]["value"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
        assert row[f"{prefix}iou"]["value"] == pytest.approx(tp / (tp + fp + fn))
        wrong = (fp + fn) / (len(films) * size * size)
        assert row[f"{prefix}accuracy"]["value"] == pytest.approx(1 - wrong)


def test_the_interval_counts_test_films_and_not_films_times_folds(report: dict[str, Any]) -> None:
    row = row_of(report, "segmentation", **UNET)
    assert (row["films"], row["patients"], row["folds"]) == (12, 6, 2)
    assert row["dsc"]["half"] == pytest.approx(binomial_interval(row["dsc"]["value"], 12))


def test_the_bootstrap_interval_surrounds_the_figure(report: dict[str, Any]) -> None:
    for row in report["segmentation"]:
        for metric in ("accuracy", "iou", "dsc", "film_dsc"):
            assert row[metric]["low"] <= row[metric]["value"] <= row[metric]["high"]


def test_one_patient_alone_has_no_bootstrap_interval(tmp_path: Path) -> None:
    world = make_world(tmp_path, films=2, negatives=False, tasks=["lung"], schemes=["parallel"], failed=[])
    for row in world.report()["segmentation"]:
        assert row["patients"] == 1
        assert row["dsc"]["value"] is not None
        assert row["dsc"]["low"] is row["dsc"]["high"] is None
    assert "1 patient." in world.page


def test_the_papers_figure_and_the_difference_stand_beside_ours(report: dict[str, Any]) -> None:
    iou = row_of(report, "segmentation", **UNET)["iou"]
    assert (iou["paper"], iou["paper_half"]) == pytest.approx((0.8292, 0.0216))
    assert iou["difference"] == pytest.approx(iou["value"] - 0.8292)
    sensitivity = row_of(report, "detection", scheme="parallel", network="unet-resnet18")["sensitivity"]
    assert (sensitivity["paper"], sensitivity["paper_half"]) == pytest.approx((0.9863, 0.0067))


def test_the_papers_tables_are_of_the_parallel_scheme_alone(report: dict[str, Any]) -> None:
    row = row_of(report, "segmentation", **(UNET | {"scheme": "cascaded"}))
    assert row["dsc"]["paper"] is None


def test_each_fold_is_shown_by_itself(world: World, report: dict[str, Any]) -> None:
    folds = row_of(report, "segmentation", **UNET)["dsc_of_folds"]
    assert folds["folds"] == [1, 2]
    films = world.scores["infection-parallel-unet-resnet18-2"].films
    tp, fp, fn = (sum(getattr(film.working, name) for film in films) for name in ("tp", "fp", "fn"))
    assert folds["values"][1] == pytest.approx(2 * tp / (2 * tp + fp + fn))


def test_more_metrics_are_counted_alike(world: World, report: dict[str, Any]) -> None:
    row = row_of(report, "more", **UNET)
    films = films_of(world, **UNET)
    tp, fp, fn, tn = (sum(getattr(film.working, name) for film in films) for name in ("tp", "fp", "fn", "tn"))
    assert row["sensitivity"]["value"] == pytest.approx(tp / (tp + fn))
    assert row["specificity"]["value"] == pytest.approx(tn / (tn + fp))
    assert row["precision"]["value"] == pytest.approx(tp / (tp + fp))
    assert row["f2"]["value"] == pytest.approx(5 * tp / (5 * tp + 4 * fn + fp))
    known = [film.hd95_px for film in films if film.hd95_px is not None]
    assert row["hd95"]["median_px"] == pytest.approx(np.median(known))
    assert row["hd95"]["p95_px"] == pytest.approx(np.percentile(known, 95))
    assert row["hd95"]["without"] == len(films) - len(known)


def test_the_mean_dsc_of_films_counts_agreement_on_nothing_as_full_and_is_given_without_it_too(
    world: World, report: dict[str, Any]
) -> None:
    def dsc(film: FilmScore) -> float:
        counts = film.working
        both = 2 * counts.tp + counts.fp + counts.fn
        return 2 * counts.tp / both if both else 1.0

    row, films = row_of(report, "more", **UNET), films_of(world, **UNET)
    assert row["mean_dsc"]["value"] == pytest.approx(np.mean([dsc(film) for film in films]))
    infected = [dsc(film) for film in films if film.truth_positive]
    assert row["mean_dsc_positive"]["value"] == pytest.approx(np.mean(infected))


def test_auc_ranks_the_pixels_of_all_folds(world: World, report: dict[str, Any]) -> None:
    scores = [world.scores[f"infection-parallel-unet-resnet18-{fold}"] for fold in (1, 2)]
    positive, negative = (np.sum([getattr(s, name) for s in scores], axis=0) for name in ("positive", "negative"))
    bins = np.arange(len(positive))
    truth = np.repeat([1, 0], [len(bins), len(bins)])
    expected = sk.roc_auc_score(truth, np.tile(bins, 2), sample_weight=np.concatenate([positive, negative]))
    assert row_of(report, "more", **UNET)["auc"]["value"] == pytest.approx(expected)


def test_detection_counts_films(world: World, report: dict[str, Any]) -> None:
    films = films_of(world, "infection", "parallel", "fpn-resnet18")
    row = row_of(report, "detection", scheme="parallel", network="fpn-resnet18")
    truth, found = [f.truth_positive for f in films], [f.predicted_positive for f in films]
    tn, fp, fn, tp = (int(n) for n in sk.confusion_matrix(truth, found).ravel())
    assert row["confusion"] == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    assert row["accuracy"]["value"] == pytest.approx(sk.accuracy_score(truth, found))
    assert (row["films_positive"], row["films_negative"]) == (6, 6)
    assert fp > 0
    assert fn > 0


def test_the_infected_share_is_compared_film_by_film(world: World, report: dict[str, Any]) -> None:
    row = row_of(report, "quantification", **(UNET | {"lungs": "both"}))
    folds = [world.scores[f"infection-parallel-unet-resnet18-{fold}"].films for fold in (1, 2)]
    differences = [
        (one.predicted_shares.both + two.predicted_shares.both) / 2 - one.truth_shares.both  # type: ignore[operator]
        for one, two in zip(*folds, strict=True)
    ]
    assert row["bias"] == pytest.approx(np.mean(differences))
    half = 1.96 * np.std(differences, ddof=1)
    assert (row["lower_limit"], row["upper_limit"]) == pytest.approx((row["bias"] - half, row["bias"] + half))


def test_groups_split_the_test_films_by_who_drew_the_truth_class_and_source(report: dict[str, Any]) -> None:
    rows = [row for row in report["groups"] if (row["task"], row["network"]) == ("lung", "unet-resnet18")]
    for kind in ("drawn_by", "label", "source"):
        assert sum(row["films"] for row in rows if row["kind"] == kind) == 12
    assert {row["group"] for row in rows if row["kind"] == "drawn_by"} == {"accepted", "corrected", "drawn"}


def test_a_group_without_a_true_pixel_has_no_dsc(report: dict[str, Any]) -> None:
    row = row_of(report, "groups", **(UNET | {"kind": "label", "group": "normal"}))
    assert row["dsc"]["value"] is None
    assert row["dsc"]["why"] == "no true pixel"


def test_every_number_names_its_cells_data_and_seed(world: World, report: dict[str, Any]) -> None:
    cells = {cell["cell"]: cell for cell in report["cells"]}
    for section in ("segmentation", "more", "detection", "groups", "quantification"):
        for row in report[section]:
            assert row["from"]["data_hash"] == report["data"]["hash"]
            assert row["from"]["seed"] == world.config.training.seed
            assert row["from"]["cells"]
            named = [cells[name]["weights_sha256"] for name in row["from"]["cells"]]
            assert named == row["from"]["weights_sha256"]


def test_cost_stands_beside_the_papers(report: dict[str, Any]) -> None:
    row = row_of(report, "cost", network="unet-resnet18")
    assert (row["parameters"], row["paper_parameters_millions"]) == (14_328_354, 14.32)
    assert (row["ms_per_image"], row["paper_ms_per_image"]) == (3.5, 5.78)
