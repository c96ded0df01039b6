"""Networks of a benchmark on new films, from the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark
from mlbackend.cli.main import main
from mlbackend.data.reading import read_mask
from tests.mlbackend.benchmark.world import config, write_films


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark's folder with a lung and an infection network."""
    root = tmp_path_factory.mktemp("trained")
    data = load_dataset(write_films(root / "data"), negatives=["normal"])
    made = config()
    plan = make_plan(made, data)
    folder = BenchmarkFolder.at(root / "out", data, made)
    folder.keep_plan(plan)
    run_benchmark(folder, plan, folds=[1], cost=False, say=lambda words: None)
    return root


def command(trained: Path, out: Path, *more: str) -> list[str]:
    jobs = trained / "out/jobs"
    return [
        "predict",
        *("--weights", str(jobs / "lung.fpn-mobilenet_v2.fold1/attempt-001")),
        *("--infection", str(jobs / "infection.parallel.fpn-mobilenet_v2.fold1/attempt-001")),
        *("--out", str(out)),
        *more,
        *(str(trained / f"data/images/{number:02d}.png") for number in range(3)),
    ]


def test_each_film_gets_masks_a_picture_and_a_row(trained: Path, tmp_path: Path) -> None:
    times = tmp_path / "times.csv"
    times.write_text(
        "image,patient_id,study_date\n" + "".join(f"{n:02d}.png,patient A,2026-03-{9 - n:02d}\n" for n in range(3))
    )
    assert main(command(trained, tmp_path / "out", "--times", str(times))) == 0
    rows = list(csv.DictReader((tmp_path / "out/findings.csv").open()))
    assert [row["image"] for row in rows] == ["00.png", "01.png", "02.png"]
    for row in rows:
        name = row["image"].removesuffix(".png")
        lungs = read_mask((tmp_path / f"out/{name}-lungs.png").read_bytes())
        infection = read_mask((tmp_path / f"out/{name}-infection.png").read_bytes())
        assert int(row["lung_pixels"]) == lungs.sum()
        assert row["positive"] == str(bool(infection.any())).lower()
        if lungs.any():
            assert float(row["infected_percent"]) == pytest.approx(100 * infection.sum() / lungs.sum(), abs=0.005)
        assert cv2.imread(str(tmp_path / f"out/{name}-overlay.png")).shape == (96, 80, 3)
    severity = list(csv.DictReader((tmp_path / "out/severity.csv").open()))
    assert [row["image"] for row in severity] == ["02.png", "01.png", "00.png"]
    assert (tmp_path / "out/course-001-patient_A.svg").read_bytes().startswith(b"<?xml")


def test_a_network_of_the_wrong_target_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = command(trained, tmp_path / "out")
    asked[4] = asked[2]
    assert main(asked) == 1
    assert "draws lung, not infection" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_film_without_a_day_is_refused_before_anything_is_written(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = tmp_path / "times.csv"
    times.write_text("image,patient_id,study_date\n00.png,a,2026-03-01\n")
    assert main(command(trained, tmp_path / "out", "--times", str(times))) == 1
    assert "no row for '01.png'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_network_of_the_other_scheme_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(trained, tmp_path / "out", "--scheme", "cascaded")) == 1
    assert "was trained for the parallel scheme; give --scheme parallel" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_costs_only_its_own_result(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, flat = tmp_path / "broken.png", tmp_path / "flat.png"
    broken.write_bytes((trained / "data/images/00.png").read_bytes()[:200])
    cv2.imwrite(str(flat), np.full((96, 80), 90, np.uint8))
    assert main([*command(trained, tmp_path / "out"), str(broken), str(tmp_path / "nope.png"), str(flat)]) == 1
    told = capsys.readouterr()
    assert "2 of 6 files have no result" in told.err
    assert str(broken) in told.err
    assert f"{tmp_path}/nope.png: there is no such file" in told.err
    rows = list(csv.DictReader((tmp_path / "out/findings.csv").open()))
    assert [row["image"] for row in rows] == ["00.png", "01.png", "02.png", "flat.png"]
    assert "the film is of one grey" in rows[-1]["doubts"]
    assert "doubtful: the film is of one grey" in told.out


def test_a_folder_is_no_film(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command(trained, tmp_path / "out"), str(tmp_path)]) == 1
    assert f"{tmp_path} is a folder; name its files" in capsys.readouterr().err
