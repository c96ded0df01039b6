"""Label histories that are not there, damaged, or other than before: refused by name with the remedy."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.run import BenchmarkError
from mlbackend.cli.main import main
from mlbackend.data.manifest import ManifestError
from tests.mlbackend.benchmark.label_world import arguments, opened, small, write_dataset


def test_other_masks_under_the_same_name_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "data"
    write_dataset(root)
    opened(root, small(label_sets=["candidate"]), tmp_path / "out")
    opened(root, small(label_sets=["stage2", "final"]), tmp_path / "out")
    text = (root / "labels.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    final = next(row for row in rows if row["image"] == "images/06.png" and row["label"] == "final")
    swapped = [
        {**row, "mask": final["mask"], "mask_sha256": final["mask_sha256"]}
        if (row["image"], row["label"]) == ("images/06.png", "candidate")
        else row
        for row in rows
    ]
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(swapped)
    opened(root, small(label_sets=["stage2", "final"]), tmp_path / "out")
    with pytest.raises(BenchmarkError, match="other 'candidate' masks"):
        opened(root, small(label_sets=["candidate"]), tmp_path / "out")


def test_without_a_history_the_option_is_named_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_dataset(tmp_path / "data", history=False)
    assert main(arguments(tmp_path, "--labels", "candidate")) == 1
    error = capsys.readouterr().err
    assert "--labels candidate" in error
    assert "has no labels.csv" in error
    assert "download the version with its label history" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("mask", "is not the one that labels.csv names"),
        ("gone", "is not there"),
        ("row", "has no 'stage2' mask of lung"),
        ("column", "has no column 'mask_sha256'"),
        ("version", "version 2"),
        ("json", "cannot be read"),
    ],
)
def test_a_history_that_was_damaged_is_refused_in_words(tmp_path: Path, damage: str, words: str) -> None:
    root = tmp_path / "data"
    write_dataset(root)
    text = (root / "labels.csv").read_text()
    first = next((root / "labels").iterdir())
    if damage == "mask":
        first.write_bytes(next(p for p in (root / "labels").iterdir() if p != first).read_bytes())
    elif damage == "gone":
        first.unlink()
    elif damage == "row":
        (root / "labels.csv").write_text("".join(line for line in text.splitlines(True) if ",stage2," not in line))
    elif damage == "column":
        (root / "labels.csv").write_text(text.replace("mask_sha256", "sum"))
    elif damage == "version":
        (root / "labels.json").write_text((root / "labels.json").read_text().replace('"version": 1', '"version": 2'))
    else:
        (root / "labels.json").write_text("{}")
    with pytest.raises(ManifestError, match=words):
        load_dataset(root / "manifest.csv", label_sets=["candidate"])
