"""A whole run, with networks that answer in milliseconds: what people do, and what the report says of it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from annotation.reviews.models import Edit
from tests.annotation.simulation.conftest import Ran
from tests.support.fake_gpu import FakeGpu

Simulate = Callable[..., Ran]

KEYS = {"stages", "networks", "ground_truth", "effort", "dataset", "wall_seconds"}


def rounds(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {round_["name"]: round_ for stage in report["stages"] for round_ in stage["rounds"]}


def read(path: Path) -> np.ndarray:
    return np.asarray(Picture.open(path).convert("L")) > 127


def dsc(first: np.ndarray, second: np.ndarray) -> float:
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


def test_the_report_has_its_keys_and_both_files_lie_in_the_folder(ran: Ran) -> None:
    kept = json.loads(ran.folder.report.read_text())
    assert set(kept) == KEYS
    assert set(kept["ground_truth"]) >= {"all", "accepted", "picked", "corrected"}
    for group in kept["ground_truth"].values():
        assert set(group) == {"count", "mean_dsc", "p5_dsc", "worst_dsc"}
    assert [stage["name"] for stage in kept["stages"]] == ["I", "II", "III", "IV"]
    assert ran.folder.page.stat().st_size > 10_000


def test_scores_are_those_of_the_exported_masks_against_the_manifest(ran: Ran) -> None:
    truth = {}
    with ran.manifest.open() as file:
        for row in csv.DictReader(file):
            data = np.asarray(Picture.open(ran.manifest.parent / row["image"]).convert("L"))
            truth[hashlib.sha256(data.tobytes()).hexdigest()] = read(ran.manifest.parent / row["mask_lung"])
    scores = []
    with (ran.folder.dataset / "manifest.csv").open() as file:
        for row in csv.DictReader(file):
            film = np.asarray(Picture.open(ran.folder.dataset / row["image"]).convert("L"))
            true = truth[hashlib.sha256(film.tobytes()).hexdigest()]
            scores.append(dsc(read(ran.folder.dataset / row["mask_lung"]), true))
    told = ran.report["ground_truth"]["all"]
    assert told["count"] == len(scores) == ran.report["dataset"]["pool"]["films"]
    assert told["mean_dsc"] == pytest.approx(np.mean(scores), abs=1e-4)
    assert told["worst_dsc"] == pytest.approx(min(scores), abs=1e-4)


def test_no_film_of_the_ground_truth_is_the_truth_and_no_correction_below_its_end(ran: Ran) -> None:
    corrected = ran.report["ground_truth"]["corrected"]
    assert corrected["count"] > 0
    assert corrected["worst_dsc"] >= 0.97
    assert corrected["mean_dsc"] < 0.99


def test_verdicts_are_counted_as_they_were_given(ran: Ran) -> None:
    for name in ("II.1", "II.2"):
        told = rounds(ran.report)[name]
        assert sum(told["verdicts"].values()) == told["films"]
        assert all(ran.facts["verdicts"][name, decision] == count for decision, count in told["verdicts"].items())
        assert told["accept_rate"]["low"] <= told["accept_rate"]["share"] <= told["accept_rate"]["high"]


def test_picks_go_to_the_network_that_draws_best(ran: Ran) -> None:
    choice = rounds(ran.report)["III"]["selection"]
    assert choice["elected"] == "unet-resnet18"
    assert choice["picked"] + choice["denied"] == choice["films"] == ran.facts["selections"]
    picks = {network["name"]: network["picks"] for network in choice["networks"]}
    assert picks["unet-resnet18"] == choice["picked"]


def test_people_spend_the_modelled_seconds(ran: Ran) -> None:
    assert ran.report["effort"]["modelled_seconds"] == pytest.approx(ran.facts["active_seconds"], abs=1)


def test_all_annotators_and_all_mds_work(ran: Ran) -> None:
    assert ran.facts["people"]["annotator"] == {"annotator-1", "annotator-2", "annotator-3"}
    assert ran.facts["people"]["physician"] == {"physician-1", "physician-2"}


def test_the_pools_truth_is_not_brought_into_the_run(ran: Ran) -> None:
    assert ran.facts["seed_masks"] == 10
    with (ran.folder.input / "seeds.csv").open() as file:
        seeds = {Path(row["mask_lung"]).name for row in csv.DictReader(file)}
    assert {path.name for path in (ran.folder.input / "truth").iterdir()} == seeds


def test_the_page_needs_nothing_from_outside_and_no_script(ran: Ran) -> None:
    page = ran.folder.page.read_text()
    assert "<script" not in page
    sources = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', page)
    assert sources
    assert [source for source in sources if not source.startswith(("data:", "#"))] == []
    assert page.count("<svg") >= 5
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page).lower().split()


def test_ids_of_the_drawings_never_meet(ran: Ran) -> None:
    ids = re.findall(r'\bid="([^"]+)"', ran.folder.page.read_text())
    assert len(ids) == len(set(ids))


def test_networks_that_are_worth_nothing_save_nobody_anything(simulate: Simulate) -> None:
    ran = simulate("--epochs", "0", gpu=FakeGpu(shift=lambda name, place: 30, score=lambda name: 0.1))
    effort = ran.report["effort"]
    assert effort["saved_share"] <= 0
    assert all(row[word] <= 0 for row in effort["sensitivity"] for word in ("half", "double"))
    assert ran.report["ground_truth"]["machine"]["count"] == 0
    assert rounds(ran.report)["III"]["selection"]["denied_share"]["share"] == 1
    assert Edit.objects.count() == ran.report["ground_truth"]["all"]["count"]


def test_unsure_films_go_to_an_md_and_come_back_corrected(simulate: Simulate) -> None:
    ran = simulate(
        "--accept-dsc", "0.96", "--unsure-rule", "below", "--unsure-below", "0.95", "--exclude-rule", "none",
        gpu=FakeGpu(shift=lambda name, place: 8, score=lambda name: 0.5),
    )  # fmt: skip
    told = rounds(ran.report)["II.1"]
    assert told["verdicts"]["unsure"] == told["films"]
    assert told["adjudications"] == {"advise": told["films"]}
    assert told["corrections"] == told["films"]


def test_a_strict_md_corrects_and_reopens_strata(simulate: Simulate) -> None:
    ran = simulate(
        "--accept-dsc", "0.7", "--verify-dsc", "0.96", "--exclude-rule", "none",
        gpu=FakeGpu(shift=lambda name, place: 3, score=lambda name: 0.9),
    )  # fmt: skip
    check = rounds(ran.report)["IV"]["verification"]
    assert check["corrected"] > 0
    assert check["reopened_films"] > 0
    assert ran.report["ground_truth"]["all"]["worst_dsc"] >= 0.96


def test_checks_of_reviewers_that_a_run_asks_for_have_their_figures_in_the_report(simulate: Simulate) -> None:
    ran = simulate(
        "--accept-dsc", "0.85", "--exclude-rule", "none", "--noise", "0.02", "--seed-count", "8",
        "--double-read-fraction", "1", "--double-correct-fraction", "1",
        "--repeat-fraction", "0.5", "--repeat-gap", "1",
        gpu=FakeGpu(shift=lambda name, place: (8, 1, 2)[place], score=lambda name: 0.9),
    )  # fmt: skip
    stages = {stage["name"]: stage for stage in ran.report["stages"]}
    twice = stages["II"]["correction_agreement"]
    assert twice["pairs"] == twice["asked"] > 0
    assert 0.9 < twice["lowest"] <= twice["q1"] <= twice["median"] <= twice["q3"] < 1, "two hands, one truth"
    assert {len(one["reviewers"]) for one in twice["people"]} == {2}
    assert sum(one["pairs"] for one in twice["people"]) == twice["pairs"]
    repeats = stages["III"]["choice_repeats"]
    assert 0 < repeats["done"] <= repeats["offered"]
    assert repeats["done"] + repeats["dropped"] == repeats["offered"]
    alike = repeats["all"]["alike"]
    assert alike["low"] <= alike["share"] <= alike["high"]
    assert 0 < alike["chance"] < 1
    assert rounds(ran.report)["III"]["selection"]["films"] == rounds(ran.report)["III"]["films"], "first choices alone"
    page = ran.folder.page.read_text()
    assert "Checks of the reviewers" in page
    assert f"{twice['median']:.4f}" in page


def test_a_run_that_asks_for_no_check_has_none(ran: Ran) -> None:
    assert ran.facts["selections"] == rounds(ran.report)["III"]["films"]
    assert "Checks of the reviewers" not in ran.folder.page.read_text()
    assert "checks" not in ran.report["dataset"]["settings"]
    assert all({"correction_agreement", "choice_repeats"}.isdisjoint(stage) for stage in ran.report["stages"])
