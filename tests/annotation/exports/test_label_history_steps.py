"""Steps of a label history: what they are called, which were not reached, and what never counted."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotation.common.errors import Conflict
from annotation.exports.selectors import label_state
from annotation.exports.services import dataset_freeze, dataset_write, labels_start
from annotation.exports.services.steps import Steps, TruthRow
from annotation.projects.models import Project
from annotation.projects.protocol import EvaluationStage, InitialTrainingStage, VerificationStage, get_protocol
from tests.annotation.exports.label_world import make_gpu, ready, rows_of
from tests.annotation.rounds.world import World
from tests.annotation.simulation.conftest import simulated
from tests.factories import RepositoryEntryFactory, RoundFactory

pytestmark = pytest.mark.one_database

LABELS = ("candidate", "stage2", "stage3", "final")


def test_a_project_that_stopped_after_stage_two_says_that_the_third_was_not_reached(db: None, tmp_path: Path) -> None:
    world = World()
    world.start()
    world.accept_all()
    version = dataset_freeze(projects=[world.project], actor=None)
    history = ready(version, world.gpu)
    assert version.labels is not None
    assert {step["label"]: step["state"] for step in version.labels["projects"][0]["steps"]} == {
        "stage2": "going on", "stage3": "not reached",
    }  # fmt: skip
    out = dataset_write(version, tmp_path / "out", labels=True)
    rows = rows_of(out)
    for image, label in rows:
        if label == "stage3":
            assert rows[image, "stage3"]["mask"] == rows[image, "stage2"]["mask"]
    told = json.loads((out / "labels.json").read_text())
    assert (told["format"], told["version"]) == ("groundwork-label-history", 1)
    assert told["content_sha256"] == history.content_sha256
    assert told["projects"][0]["steps"][1]["state"] == "not reached"


def test_before_the_first_stage_has_ended_there_is_no_network_and_the_version_says_so(lung: Project) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    assert label_state(version)["state"] == "no_network"
    with pytest.raises(Conflict, match="before the first stage of lung had ended"):
        labels_start(version=version, actor=None)


def test_a_simulated_run_writes_the_history_where_it_is_asked_for(db: None, tmp_path: Path) -> None:
    made = simulated(tmp_path, "--accept-dsc", "0.85", "--label-history", gpu=make_gpu())
    rows = rows_of(made.folder.dataset)
    films = list(csv.DictReader((made.folder.dataset / "manifest.csv").open(newline="")))
    assert {image for image, _ in rows} == {film["image"] for film in films}
    assert len(rows) == 4 * len(films)


def test_steps_are_stages_of_review_in_the_protocols_order_whatever_they_are_called(db: None) -> None:
    whole = get_protocol("covid-qu")
    evaluation = EvaluationStage(name="first look")
    protocol = replace(
        whole,
        stages=(InitialTrainingStage(name="x", networks=whole.stages[0].networks), VerificationStage(name="II"),  # type: ignore[attr-defined]
                evaluation, replace(evaluation, name="IV")),
    )  # fmt: skip
    steps = Steps(protocol, [RoundFactory(number=1, stage=2, name="q.1")], finished=False).steps
    assert [(step.label, step.stage, step.name, step.state) for step in steps] == [
        ("stage2", 2, "first look", "going on"), ("stage3", 3, "IV", "not reached"),
    ]  # fmt: skip
    short = replace(protocol, stages=protocol.stages[:3])
    assert Steps(short, [], finished=True).steps[1].state == "not in the protocol"


def test_a_truth_that_was_taken_back_in_its_own_round_never_counted(db: None) -> None:
    entry = RepositoryEntryFactory(round_number=1)
    project = entry.project
    opened = RoundFactory(project=project, number=1, stage=1)
    steps = Steps.of(project)

    def row(version: int, number: int, superseded: Any) -> TruthRow:
        return TruthRow(version, number, superseded, "accepted", entry.mask_id, "key", str(version))

    undone = row(1, 1, opened.created_at)
    assert steps.mask_after("stage2", [undone]) is None
    kept = steps.mask_after("stage2", [undone, row(2, 1, None), row(3, 9, None)])
    assert kept is not None
    assert kept["mask_sha256"] == "2"
