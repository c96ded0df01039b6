"""A simulated run of the second protocol: drawings with a stated error compete with networks; the report says how."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.common.errors import InvalidInput
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read
from annotation.projects.protocol import OutOfFoldStage, RepeatedSelectionStage, VerificationStage
from annotation.simulation.folder import RunFolder
from annotation.simulation.run import run
from mlbackend.metrics import dice, wilson_interval
from tests.annotation.simulation.conftest import Ran, draw_with, settings_of, work_with, write_films
from tests.support.fake_gpu import FakeGpu
from tests.support.pictures import lungs_hw

FLAGS = (
    "--protocol", "qata", "--target", "infection", "--draw-count", "12", "--draw-dsc", "0.8", "--draw-spread", "0.02",
    "--accept-dsc", "0.7", "--correct-dsc", "0.9", "--candidates", "0", "--physicians", "3", "--most-rounds", "2",
)  # fmt: skip


def films(folder: Path) -> Path:
    """The conftest's films, with their masks in the column of the infection."""
    manifest = write_films(folder)
    with manifest.open() as file:
        rows = list(csv.DictReader(file))
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, [name.replace("mask_lung", "mask_infection") for name in rows[0]])
        writer.writeheader()
        writer.writerows(
            {key.replace("mask_lung", "mask_infection"): value for key, value in row.items()} for row in rows
        )
    return manifest


@pytest.fixture
def simulate(db: None, tmp_path: Path) -> Callable[..., Ran]:
    """``simulate(*flags, gpu=FakeGpu(...))`` on infection masks."""

    def simulated(*flags: str, gpu: FakeGpu) -> Ran:
        manifest = films(tmp_path / "films")
        folder = RunFolder(tmp_path / "run")
        settings = settings_of(manifest, folder.root, *FLAGS, *flags)
        report = run(settings, folder, "manage.py simulate", lambda line: None, work_with(gpu), draw_with(gpu))
        return Ran(report, folder, manifest)

    return simulated


def test_a_run_has_the_same_keys_as_one_of_the_first_protocol_and_a_page(simulate: Callable[..., Ran]) -> None:
    ran = simulate(gpu=FakeGpu(shift=lambda name, place: place))
    kept = json.loads(ran.folder.report.read_text())
    assert set(kept) == {"stages", "networks", "ground_truth", "effort", "dataset", "wall_seconds"}
    assert [stage["name"] for stage in kept["stages"]] == ["Ia", "Ib", "II"]
    assert kept["ground_truth"]["all"]["count"] == kept["dataset"]["pool"]["films"] == 30
    assert kept["dataset"]["seeds"]["films"] == 0
    page = ran.folder.page.read_text()
    assert "A network's mask was preferred" in page
    assert "The blind choice II.1" in page


def test_drawings_end_at_the_stated_error_and_the_preference_is_what_the_masks_say(
    simulate: Callable[..., Ran],
) -> None:
    # Shifted by so much as to be a little better than a drawing for one network, and worse for the others.
    ran = simulate(gpu=FakeGpu(shift=lambda name, place: {"unet-densenet121": 2}.get(name, 12)))
    drawn = list(Mask.objects.filter(kind=MaskKind.DRAWING, round_number=1).select_related("image"))
    by_key = dict(zip(sorted(path.name for path in (ran.manifest.parent / "films").iterdir()), range(30), strict=True))
    scores = [float(dice(mask_read(mask), lungs_hw(64, 64, by_key[Path(mask.image.file_name).name]))) for mask in drawn]
    assert len(scores) == 12
    assert np.mean(scores) == pytest.approx(0.8, abs=0.03)
    choice = ran.report["stages"][1]["rounds"][0]["selection"]
    preferred = choice["drawings"]["networks_preferred"]
    assert preferred["of"] == choice["picked"]
    low, high = wilson_interval(preferred["share"], preferred["of"])
    assert (preferred["low"], preferred["high"]) == (low, high)
    assert sum(person["picks"] for person in choice["people"]) == choice["picked"]


def test_with_networks_that_are_worth_nothing_everything_is_drawn(simulate: Callable[..., Ran]) -> None:
    ran = simulate(gpu=FakeGpu(shift=lambda name, place: 40))
    rounds = [round_["name"] for stage in ran.report["stages"] for round_ in stage["rounds"]]
    assert rounds[:3] == ["Ia", "Ib", "II.1"]
    assert rounds[-1] == "II.denied"
    assert ran.report["ground_truth"]["drawn"]["count"] == 18
    truth = ran.report["ground_truth"]
    assert (truth["picked"]["count"], truth["machine"]["count"]) == (12, 0), "a drawing that was picked is no machine's"
    assert ran.report["stages"][1]["rounds"][0]["selection"]["drawings"]["networks_preferred"]["share"] == 0


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--draw-dsc", "1"), "--draw-dsc"), (("--draw-spread", "0.6"), "--draw-spread"),
        (("--label-history",), "--label-history"), (("--candidates", "6"), "--candidates"),
        (("--protocol", "quata"), "--protocol"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_by_its_flag(tmp_path: Path, flags: tuple[str, ...], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings_of(films(tmp_path), tmp_path / "run", *FLAGS, *flags)
    assert caught.value.field == named
    assert caught.value.remedy


def test_a_run_takes_the_pages_own_numbers_and_says_where_it_does_not(tmp_path: Path, settings: Any) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "small.yaml").write_text(
        "name: small\nstages:\n"
        "  - {kind: drawing, name: A, total: 50}\n"
        "  - {kind: out_of_fold, name: B, folds: 4, networks: [unet-resnet18, fpn-resnet18]}\n"
        "  - {kind: repeated_selection, name: C, networks: [unet-resnet18, fpn-resnet18], most_rounds: 2}\n"
        "  - {kind: verification, name: D, fraction: 0.4}\n"
    )
    settings.PROTOCOLS_DIR = str(pages)
    manifest = films(tmp_path / "films")
    asked = ("--protocol", "small", "--target", "infection", "--draw-count", "12", "--candidates", "0")
    own = settings_of(manifest, tmp_path / "run", *asked)
    _, folds, rounds, verified = own.build_protocol().stages
    assert isinstance(folds, OutOfFoldStage)
    assert isinstance(rounds, RepeatedSelectionStage)
    assert isinstance(verified, VerificationStage)
    assert (folds.folds, rounds.most_rounds, verified.fraction) == (4, 2, 0.4)
    told = [one for one in own.deviations() if one.startswith("stage")]
    assert "stage A: total 12 instead of 50" in told
    assert not [one for one in told if "folds" in one or "most rounds" in one or "fraction 0.2" in one]
    other = settings_of(manifest, tmp_path / "run", *asked, "--most-rounds", "1", "--verify-fraction", "0.2")
    told = other.deviations()
    assert {"stage C: most rounds 1 instead of 2", "stage D: fraction 0.2 instead of 0.4"} <= set(told)


def test_a_run_draws_what_its_protocol_is_meant_for_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    manifest = films(tmp_path / "films")
    assert settings_of(manifest, tmp_path / "run", "--protocol", "qata").target == "infection"
    lungs = write_films(tmp_path / "lungs")
    assert settings_of(lungs, tmp_path / "run", "--protocol", "qata", "--target", "lung").target == "lung"
    assert settings_of(lungs, tmp_path / "run").target == "lung"
