"""``python -m mlbackend benchmark`` from end to end, and a kill in its middle."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlbackend.benchmark.run import local
from mlbackend.cli.main import main
from mlbackend.contracts import CellRequest, CellResult, Outcome
from tests.mlbackend.benchmark.world import config, write_films

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def yaml_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(config(source="made up").to_json()))
    write_films(tmp_path / "data")
    return path


def arguments(tmp_path: Path, yaml_file: Path, out: str = "out", *more: str) -> list[str]:
    data = ["--config", str(yaml_file), "--data", str(tmp_path / "data"), "--negatives", "normal"]
    return ["benchmark", *data, "--out", str(tmp_path / out), *more]


def report(tmp_path: Path, out: str) -> dict[str, bytes]:
    """All that a report's tables say, but for times and the machine."""
    folder = tmp_path / out / "report/tables"
    return {path.name: path.read_bytes() for path in folder.glob("*.csv") if path.name not in ("cells.csv", "cost.csv")}


def weights(tmp_path: Path, out: str) -> list[str]:
    """Sums of all networks' weights."""
    document = json.loads((tmp_path / out / "report/report.json").read_text())
    return [cell["weights_sha256"] for cell in document["cells"]]


def test_one_command_leads_from_films_to_tables_beside_the_papers(tmp_path: Path, yaml_file: Path) -> None:
    assert main(arguments(tmp_path, yaml_file)) == 0
    document = json.loads((tmp_path / "out/report/report.json").read_text())
    assert document["format"] == "groundwork-benchmark-report"
    assert {(row["task"], row["network"]) for row in document["segmentation"]} == {
        ("lung", "fpn-mobilenet_v2"), ("infection", "fpn-mobilenet_v2"),
    }  # fmt: skip
    (row,) = document["detection"]
    assert row["films_positive"] > 0
    assert row["films_negative"] > 0
    (cost,) = document["cost"]
    assert cost["parameters"] > 1e6
    assert "<html" in (tmp_path / "out/report/index.html").read_text()[:500]


def test_a_cell_without_scores_ends_the_command_with_its_reason_after_the_report(
    tmp_path: Path, yaml_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(request: CellRequest, *args: object, **kwargs: object) -> CellResult:
        result = CellResult(request.job_id, 1, Outcome.FAILED, "a bad day", task="lung", fold=request.fold)
        return dataclasses.replace(result, network=request.network)

    monkeypatch.setattr(local, "run_cell", fails)
    assert main(arguments(tmp_path, yaml_file, "out", "--tasks", "lung", "--no-cost")) == 1
    assert "2 of 2 cells have no scores, the first because: a bad day" in capsys.readouterr().err
    assert (tmp_path / "out/report/index.html").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--encoder-weights", "foo"], "encoder_weights: 'foo' is not valid; use none, imagenet or file:PATH"),
        (["--encoder-weights", "file:/nope.pt"], "there is no file '/nope.pt'"),
        (["--schemes", "cascaded", "--tasks", "lung"], "schemes: 'cascaded' is of infection networks"),
        (["--report-only"], "holds no benchmark"),
        (["--queue", ""], "no broker is named"),
        (["--queue", "redis://:secret@127.0.0.1:1/0"], "the broker redis://:**@127.0.0.1:1/0 does not answer"),
    ],
)
def test_what_no_cell_could_do_is_refused_before_the_first(
    tmp_path: Path, yaml_file: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(arguments(tmp_path, yaml_file, "out", *options)) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "secret" not in said
    assert not (tmp_path / "out/cells").exists()


def test_a_path_outside_the_dataset_is_refused_before_anything_large_is_loaded(tmp_path: Path, yaml_file: Path) -> None:
    manifest = tmp_path / "data/manifest.csv"
    manifest.write_text(manifest.read_text().replace("images/03.png", "../images/03.png"))
    script = (
        "import sys; from mlbackend.cli.main import main; main(sys.argv[1:]);"
        "print(sorted({'torch', 'matplotlib', 'segmentation_models_pytorch'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, *arguments(tmp_path, yaml_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "image '../images/03.png' lies outside the dataset's folder; give paths below it" in done.stderr
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "out").exists()


def test_weights_that_are_none_are_refused_before_the_first_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_films(tmp_path / "data")
    junk, yaml_file = tmp_path / "junk.pth", tmp_path / "chexnet.yaml"
    junk.write_text("junk\n" * 9)
    monkeypatch.setenv("CHEXNET_WEIGHTS", str(junk))
    settings = config(architectures=["unet"], encoders=["chexnet"], encoder_weights="imagenet")
    yaml_file.write_text(yaml.safe_dump(settings.to_json()))
    assert main(arguments(tmp_path, yaml_file)) == 1
    told = capsys.readouterr().err
    assert f"file {junk} is no state dict of chexnet" in told
    assert "give a .safetensors or .pth file that holds one" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_reports_the_same(tmp_path: Path, yaml_file: Path) -> None:
    command = [sys.executable, "-m", "mlbackend", *arguments(tmp_path, yaml_file, "killed", "--no-cost")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("[2/4]") and "epoch 1/2" in line:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=True)
    assert "[1/4] lung.fpn-mobilenet_v2.fold1: done before" in again.stdout
    assert main(arguments(tmp_path, yaml_file, "whole", "--no-cost")) == 0
    assert report(tmp_path, "killed") == report(tmp_path, "whole")
    assert {"segmentation.csv", "detection.csv", "more.csv"} <= set(report(tmp_path, "whole"))
    assert weights(tmp_path, "killed") == weights(tmp_path, "whole")
    assert all(weights(tmp_path, "whole"))


def test_report_only_trains_nothing(tmp_path: Path, yaml_file: Path) -> None:
    assert main(arguments(tmp_path, yaml_file, "out", "--tasks", "lung", "--fold", "1", "--no-cost")) == 0
    begun = sorted((tmp_path / "out/jobs").iterdir())
    assert main(arguments(tmp_path, yaml_file, "out", "--report-only")) == 0
    document = json.loads((tmp_path / "out/report/report.json").read_text())
    assert sorted(cell["state"] for cell in document["cells"]) == ["not run", "not run", "not run", "succeeded"]
    assert sorted((tmp_path / "out/jobs").iterdir()) == begun


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--networks", "vnet"], "use some of fpn, mobilenet_v2, fpn-mobilenet_v2"),
        (["--fold", "3"], "use one of 1, 2"),
        (["--epochs", "0"], "untrained networks"),
        (["--image-size", "50"], "multiple of 32"),
        (["--where", "label=flu"], "no row has label=flu"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_valid(
    tmp_path: Path, yaml_file: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert main(arguments(tmp_path, yaml_file, "out", *more)) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
