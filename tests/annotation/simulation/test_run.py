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

from annotation.images.models import ProjectImage
from annotation.masks.models import Mask
from annotation.reviews.models import Edit, Selection, Verdict
from tests.annotation.simulation.conftest import Ran
from tests.support.fake_gpu import FakeGpu

Simulate = Callable[..., Ran]

KEYS = {"stages", "networks", "ground_truth", "effort", "dataset", "wall_seconds"}


def good_and_bad() -> FakeGpu:
    """The first network of each prediction is nearly right, the others are not."""
    return FakeGpu(shift=lambda name, place: 1 if name == "unet-resnet18" else 8, score=lambda name: 0.9)


@pytest.fixture
def ran(simulate: Simulate) -> Ran:
    """A run in which half of what networks draw can be used."""
    return simulate("--accept-dsc", "0.85", "--exclude-rule", "none", gpu=good_and_bad())


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
        rows = Verdict.objects.filter(task__batch__name=name)
        assert sum(told["verdicts"].values()) == rows.count() == told["films"]
        assert told["verdicts"]["accept"] == rows.filter(decision="accept").count()
        assert told["accept_rate"]["low"] <= told["accept_rate"]["share"] <= told["accept_rate"]["high"]


def test_picks_go_to_the_network_that_draws_best(ran: Ran) -> None:
    choice = rounds(ran.report)["III"]["selection"]
    assert choice["elected"] == "unet-resnet18"
    assert choice["picked"] + choice["denied"] == choice["films"] == Selection.objects.count()
    picks = {network["name"]: network["picks"] for network in choice["networks"]}
    assert picks["unet-resnet18"] == choice["picked"]


def test_people_spend_the_modelled_seconds(ran: Ran) -> None:
    from annotation.reviews.models import ACT_MODELS

    spent = sum(sum(model.objects.values_list("active_seconds", flat=True)) for model in ACT_MODELS.values())
    assert ran.report["effort"]["modelled_seconds"] == pytest.approx(spent, abs=1)


def test_all_annotators_and_all_mds_work(ran: Ran) -> None:
    from annotation.reviews.models import ReviewTask

    by_role = {
        role: set(ReviewTask.objects.filter(role=role).values_list("done_by__username", flat=True))
        for role in ("annotator", "physician")
    }
    assert by_role["annotator"] == {"annotator-1", "annotator-2", "annotator-3"}
    assert by_role["physician"] == {"physician-1", "physician-2"}


def test_the_pools_truth_is_nowhere_in_database_and_storage(ran: Ran) -> None:
    seeds = ProjectImage.objects.filter(role="seed").count()
    assert Mask.objects.filter(kind="seed").count() == seeds == 10
    stored = list(ran.folder.root.parent.glob("storage/**/*.png"))
    assert stored
    pool = {row["mask_lung"] for row in csv.DictReader(ran.manifest.open())}
    with (ran.folder.input / "seeds.csv").open() as file:
        pool -= {row["mask_lung"] for row in csv.DictReader(file)}
    brought = {path.name for path in (ran.folder.input / "truth").iterdir()}
    assert not {Path(path).name for path in pool} & brought


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
