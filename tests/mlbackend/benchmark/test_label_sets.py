"""From label to end result: the same films and test masks for each label set, and what each stage's work bought."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import QueueRun, run_benchmark
from mlbackend.benchmark.run.cells import cells_of, request_of
from mlbackend.cli.main import main
from mlbackend.contracts import CellRequest, CellResult, FilmScores, Outcome
from mlbackend.metrics.on_sums import dices
from mlbackend.metrics.paired import paired_permutation
from mlbackend.worker import tasks
from tests.mlbackend.benchmark.label_world import (
    FILMS,
    SEEDS,
    SETS,
    TESTED,
    arguments,
    opened,
    settled_by,
    small,
    write_dataset,
)

NETWORK = "fpn-mobilenet_v2"


def requests(root: Path, made: BenchmarkConfig) -> dict[str, list[CellRequest]]:
    """By label set, the request of each fold's cell."""
    data = load_dataset(root / "manifest.csv", label_sets=made.label_sets)
    plan = make_plan(made, data)
    found: dict[str, list[CellRequest]] = {}
    for cell in cells_of(made, [1, 2]):
        found.setdefault(cell.label_set, []).append(request_of(cell, made, plan, data.films, None))
    return found


def test_all_label_sets_learn_from_the_same_films_and_are_tested_on_the_same_final_masks(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data")
    by_set = requests(tmp_path / "data", small())
    assert list(by_set) == list(SETS)
    for fold in (0, 1):
        final = by_set["final"][fold]
        for label_set in SETS:
            asked = by_set[label_set][fold]
            assert asked.tests == final.tests
            assert (asked.settings, asked.network, asked.threshold) == (final.settings, final.network, final.threshold)
            assert [replace(one, mask_key="") for one in asked.samples] == [
                replace(one, mask_key="") for one in final.samples
            ]
            assert {test.sample_id for test in asked.tests} == {f"images/{n:02d}.png" for n in range(TESTED)}
            for sample, of_final in zip(asked.samples, final.samples, strict=True):
                number = int(Path(sample.sample_id).stem)
                assert (sample.mask_key == of_final.mask_key) == settled_by(number, label_set)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real run of all four label sets by the command, one epoch each."""
    root = tmp_path_factory.mktemp("ran")
    write_dataset(root / "data")
    assert main(arguments(root, "--labels", "final", "stage2", "candidate", "stage3")) == 0
    return root


def document(root: Path) -> dict[str, Any]:
    return json.loads((root / "out/report/report.json").read_text(encoding="utf-8"))


def scores(root: Path, cell: str) -> FilmScores:
    result = CellResult.from_json(json.loads((root / f"out/cells/{cell}/result.json").read_text()))
    return FilmScores.from_json(json.loads((root / "out" / result.films_key).read_text()))


def table(root: Path, label_set: str) -> tuple[list[str], np.ndarray]:
    """Patients and counts of the test films, both folds added up."""
    ending = "" if label_set == "final" else f".{label_set}"
    folds = [scores(root, f"lung.{NETWORK}.fold{fold}{ending}").films for fold in (1, 2)]
    rows = [[[f.working.tp, f.working.fp, f.working.fn, f.working.tn] for f in films] for films in folds]
    return [film.patient for film in folds[0]], np.sum(rows, axis=0, dtype=float)


def test_one_command_tells_what_each_stage_bought(ran: Path) -> None:
    told = document(ran)
    assert told["config"]["label_sets"] == list(SETS), "in the order of the stages, whatever the order asked"
    assert {(cell["label_set"], cell["state"]) for cell in told["cells"]} == {(name, "succeeded") for name in SETS}
    assert len(told["cells"]) == 2 * len(SETS)
    assert len({cell["weights_sha256"] for cell in told["cells"]}) == 2 * len(SETS), "other masks, other networks"
    (part,) = told["label_sets"]
    for row in part["rows"]:
        _, counts = table(ran, row["label_set"])
        assert row["dsc"]["value"] == pytest.approx(dices(counts.sum(axis=0)[None])[0])
        assert row["dsc"]["low"] <= row["dsc"]["value"] <= row["dsc"]["high"]
    assert [(step["before"], step["after"]) for step in part["steps"]] == list(pairwise(SETS))
    for step in part["steps"]:
        patients, after = table(ran, step["after"])
        _, before = table(ran, step["before"])
        difference, p = paired_permutation(patients, after, before, dices)
        assert (step["difference"], step["p"]) == (pytest.approx(difference), pytest.approx(p))
        assert step["p"] <= step["p_holm"] <= 1
    assert {(row["drawn_by"], row["films"]) for row in part["groups"]} == {("corrected", 2), ("picked", 2)}
    assert told["segmentation"][0]["dsc"]["value"] == part["rows"][-1]["dsc"]["value"], "other parts are of final"


def test_how_the_masks_changed_is_counted_on_their_pixels_outside_the_test_set(ran: Path) -> None:
    (part,) = document(ran)["label_sets"]

    def pixels(path: str) -> np.ndarray:
        return np.asarray(Image.open(ran / "data" / path).convert("L")) > 127

    masks: dict[str, dict[str, np.ndarray]] = {name: {} for name in SETS}
    for row in csv.DictReader((ran / "data/labels.csv").open(newline="")):
        if int(Path(row["image"]).stem) >= TESTED:
            masks[row["label"]][row["image"]] = pixels(row["mask"])
    before: dict[str, np.ndarray] | None = None
    for row in part["sets"]:
        mine = masks[row["label_set"]]
        dsc = {
            name: 2 * (mask & masks["final"][name]).sum() / (mask.sum() + masks["final"][name].sum())
            for name, mask in mine.items()
        }
        differing = [value for name, value in dsc.items() if (mine[name] != masks["final"][name]).any()]
        assert row["films"] == len(mine) == FILMS - TESTED
        assert row["changed"] == sum((mine[name] != (before or mine)[name]).any() for name in mine)
        assert row["differing"] == len(differing)
        assert row["dsc_to_final"] == pytest.approx(np.mean(list(dsc.values())))
        assert row["dsc_to_final_of_differing"] == (pytest.approx(np.mean(differing)) if differing else None)
        before = mine
    assert [row["active_seconds"] for row in part["sets"]] == [0, 360, 180, 180]
    assert [row["differing"] for row in part["sets"]] == [12, 6, 3, 0]


def test_the_page_says_whom_the_network_knew_and_which_stage_had_not_ended(ran: Path) -> None:
    page = (ran / "out/report/index.html").read_text(encoding="utf-8")
    assert "What each stage&#39;s work bought" in page or "What each stage's work bought" in page
    assert f"had been trained on {SEEDS} of these {FILMS - TESTED} films" in page
    assert f"trained on {SEEDS} of the {FILMS - TESTED} films outside the test set" in " ".join(
        document(ran)["cautions"]
    )
    assert "Lung, stage3: stage III was still going on when the version was frozen." in document(ran)["cautions"]
    folder = ran / "out/report"
    assert (folder / "figures/labels_lung_parallel.svg").stat().st_size > 5000
    names = {path.name for path in (folder / "tables").iterdir()}
    assert names >= {"label_sets.csv", "label_scores.csv", "label_steps.csv", "label_groups.csv"}
    latex = (folder / "tables/label_sets_lung_parallel.tex").read_text()
    assert r"Model & Encoder & candidate & stage2 & stage3 & final \\" in latex
    assert latex.count("$p$") == 3


def test_gone_on_with_it_trains_nothing_again_and_reports_the_same_bytes(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tree() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (ran / "out/report").rglob("*") if path.is_file()}

    before = tree()
    assert main(arguments(ran, "--labels", *SETS)) == 0
    assert capsys.readouterr().out.count("done before") == 2 * len(SETS)
    assert tree() == before
    assert main(arguments(ran, "--labels", *SETS, "--report-only")) == 0
    assert tree() == before


def test_a_folder_from_before_label_sets_opens_and_they_join_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_dataset(tmp_path / "data", history=False)
    assert main(arguments(tmp_path, "--fold", "1")) == 0
    out = tmp_path / "out"
    for path, where in ((out / "plan.json", ("config",)), *((p, ()) for p in out.glob("cells/*/result.json"))):
        content = json.loads(path.read_text())
        part = content[where[0]] if where else content
        del part["label_sets" if where else "label_set"]
        content.get("data", {}).pop("labels", None)
        path.write_text(json.dumps(content))
    write_dataset(tmp_path / "data")
    assert main(arguments(tmp_path, "--fold", "1", "--labels", "candidate", "final")) == 0
    said = capsys.readouterr().out
    assert f"lung.{NETWORK}.fold1: done before" in said
    assert f"lung.{NETWORK}.fold1.candidate: validation DSC" in said
    assert main(arguments(tmp_path, "--fold", "1", "--report-only")) == 0
    assert document(tmp_path)["label_sets"] == []


def test_where_verification_changed_no_film_that_is_learnt_from_the_report_says_so(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path / "data")
    path = tmp_path / "data/labels.csv"
    rows = list(csv.DictReader(path.open(newline="")))
    final = {row["image"]: row for row in rows if row["label"] == "final"}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            same = {name: final[row["image"]][name] for name in ("mask", "mask_sha256")}
            writer.writerow({**row, **same} if row["label"] == "stage3" else row)
    assert manifest.is_file()
    opened(tmp_path / "data", small(), tmp_path / "out")[0].report()
    cautions = document(tmp_path)["cautions"]
    (said,) = [words for words in cautions if "no mask of" in words]
    assert said.startswith("Lung: outside the test set no mask of final differs from those of stage3")
    assert "Verification corrects the films that are tested on" in said


def test_infection_is_cut_to_lungs_of_the_same_label_set_also_through_the_queue(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data", tasks=("lung", "infection"))
    made = small(tasks=["lung", "infection"], label_sets=["candidate", "final"], schemes=["cascaded"])
    folder, plan, _ = opened(tmp_path / "data", made, tmp_path / "out")
    alone = run_benchmark(folder, plan, folds=[1], cost=False, say=lambda words: None)
    assert [result.job_id for result in alone] == [
        f"lung.{NETWORK}.fold1.candidate", f"infection.cascaded.{NETWORK}.fold1.candidate",
        f"lung.{NETWORK}.fold1", f"infection.cascaded.{NETWORK}.fold1",
    ]  # fmt: skip
    assert {result.outcome for result in alone} == {Outcome.SUCCEEDED}, [result.error for result in alone]
    assert [result.label_set for result in alone] == ["candidate", "candidate", "final", "final"]
    lungs = [json.loads((tmp_path / f"out/lungs/fold1{end}.json").read_text())["masks"] for end in ("", ".candidate")]
    assert lungs[0].keys() == lungs[1].keys()
    assert lungs[0] != lungs[1]
    shared, plan, _ = opened(tmp_path / "data", made, tmp_path / "queued")
    queued = QueueRun(shared, plan, tasks.benchmark, lambda words: None, poll_seconds=0.01).run([1], cost=False)
    assert [(r.job_id, r.label_set, r.weights_sha256) for r in queued] == [
        (r.job_id, r.label_set, r.weights_sha256) for r in alone
    ]
