"""What the report says of differences, and where it must not speak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlbackend.metrics import holm
from tests.mlbackend.benchmark.documents import document_of
from tests.mlbackend.benchmark.report_world import LABELS, make_world


def pairs_of(report: dict[str, Any], task: str, scheme: str = "parallel") -> dict[tuple[str, str], dict[str, Any]]:
    group = next(group for group in report["differences"] if (group["task"], group["scheme"]) == (task, scheme))
    return {(pair["first"], pair["second"]): pair for pair in group["pairs"]}


def test_a_network_that_draws_worse_everywhere_is_found_out(tmp_path: Path) -> None:
    report = document_of(make_world(tmp_path, films=48, tasks=["lung"]).out)
    pairs = pairs_of(report, "lung")
    worse = pairs["unet-resnet18", "fpn-resnet18"]
    assert worse["difference"] > 0.02
    assert worse["p_holm"] < 0.05
    assert worse["wilcoxon_p_holm"] < 0.05
    assert worse["patients"] == 12


def test_p_counts_all_pairs_of_a_table(tmp_path: Path) -> None:
    pairs = pairs_of(document_of(make_world(tmp_path, tasks=["lung"]).out), "lung").values()
    assert len(pairs) == 3
    assert [pair["p_holm"] for pair in pairs] == pytest.approx(holm([pair["p"] for pair in pairs]))


def test_networks_that_draw_the_same_do_not_differ(tmp_path: Path) -> None:
    report = make_world(tmp_path, tasks=["lung"], same=True).report()
    assert all(pair["difference"] == 0 and pair["p"] == 1 for pair in pairs_of(report, "lung").values())


def test_a_fold_that_failed_for_one_network_is_left_out_of_its_comparisons_alone(tmp_path: Path) -> None:
    pairs = pairs_of(make_world(tmp_path, tasks=["lung"], failed=["lung-parallel-fpn-resnet18-2"]).report(), "lung")
    assert pairs["unet-resnet18", "fpn-resnet18"]["folds"] == [1]
    assert pairs["unet-resnet18", "unetplusplus-resnet18"]["folds"] == [1, 2]


def test_networks_without_a_fold_in_common_are_not_compared(tmp_path: Path) -> None:
    failed = ["lung-parallel-fpn-resnet18-2", "lung-parallel-unet-resnet18-1"]
    world = make_world(tmp_path, tasks=["lung"], failed=failed)
    pairs = pairs_of(world.report(), "lung")
    assert ("unet-resnet18", "fpn-resnet18") not in pairs
    assert len(pairs) == 2
    assert "no fold in common" in world.page


def test_parallel_and_cascaded_are_compared_where_both_ran(report: dict[str, Any]) -> None:
    rows = {row["network"]: row for row in report["schemes"]}
    assert set(rows) == {"unet-resnet18", "unetplusplus-resnet18", "fpn-resnet18"}
    assert rows["fpn-resnet18"]["folds"] == [1]
    whole = rows["unet-resnet18"]
    assert whole["difference"] == pytest.approx(whole["parallel_dsc"] - whole["cascaded_dsc"])


def test_with_one_scheme_nothing_is_said_of_two(tmp_path: Path) -> None:
    world = make_world(tmp_path, schemes=["parallel"])
    assert world.report()["schemes"] == []
    assert "Parallel and cascaded" not in world.page


def test_class_and_source_that_cannot_be_told_apart_are_named(report: dict[str, Any]) -> None:
    assert any("class and source are confounded" in words for words in report["cautions"])
    assert report["confounding"][0]["class_from_source"] == 1.0


def test_without_negative_films_detection_has_no_specificity_and_says_why(tmp_path: Path) -> None:
    world = make_world(tmp_path, negatives=False)
    report = world.report()
    for row in report["detection"]:
        for metric in ("accuracy", "precision", "specificity"):
            assert row[metric]["value"] is None
            assert row[metric]["why"] == "no test film without infection"
        assert row["sensitivity"]["value"] is not None
        assert row["auc"]["value"] is None
    assert any("--negatives" in words for words in report["cautions"])
    assert "no test film without infection" in world.page


def test_negatives_by_label_and_masks_that_a_network_began_are_named(report: dict[str, Any]) -> None:
    said = " ".join(report["cautions"])
    assert f"films labelled {LABELS[1]} count as free of infection" in said
    assert "began as a network's proposal" in said
    assert "6 test patients are few" in said
