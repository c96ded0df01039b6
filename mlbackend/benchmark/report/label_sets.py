"""What each stage's work bought: networks that learnt from each label set, scored on the same final masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from mlbackend.benchmark.record import LabelCard
from mlbackend.benchmark.report.differences import consecutive_differences
from mlbackend.benchmark.report.entries import NATIVE, WORKING, Entry
from mlbackend.benchmark.report.estimates import estimate, without
from mlbackend.benchmark.report.groups import UNKNOWN
from mlbackend.benchmark.report.inputs import Inputs
from mlbackend.benchmark.report.segmentation import heading
from mlbackend.contracts import CANDIDATE, FINAL, SELECTED, TRAINED
from mlbackend.metrics import holm

GIVEN = "given"
STATES = {
    "going on": "stage {} was still going on when the version was frozen",
    "not reached": "stage {} had not been reached when the version was frozen, so these are the masks before it",
    "passed over": "stage {} had no films, so these are the masks before it",
    "not in the protocol": "the protocol has no such stage, so these are the masks before it",
}
"""What is said of a stage that had not ended."""


VERIFIED = (
    " Verification corrects the films that are tested on: its work is in the truth of the scores, not in what was "
    "learnt, but for strata that it opened again."
)


def label_sets(inputs: Inputs, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """A part for each task and scheme: what the sets are, the networks' scores, steps between them, and groups.

    Empty where all networks learnt from final masks.
    """
    sets = inputs.record.config.label_sets
    if sets == [FINAL]:
        return []
    return [
        _part(inputs, task, scheme, [entry for entry in entries if (entry.task, entry.scheme) == (task, scheme)])
        for task, scheme in dict.fromkeys((entry.task, entry.scheme) for entry in entries)
    ]


def _part(inputs: Inputs, task: str, scheme: str, entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "task": task,
        "scheme": scheme,
        "sets": [_set_row(card, task, scheme) for card in inputs.record.data.label_sets.get(task, [])],
        "rows": [_row(entry) for entry in entries],
        "steps": _steps(entries, inputs.record.config.label_sets),
        "groups": [row for entry in entries for row in _groups(entry)],
    }


def _set_row(card: LabelCard, task: str, scheme: str) -> dict[str, Any]:
    shares = {
        "changed_share": card.changed / card.films if card.films else None,
        "differing_share": card.differing / card.films if card.films else None,
    }
    return {"task": task, "scheme": scheme, **card.to_json(), **shares}


def _row(entry: Entry) -> dict[str, Any]:
    return {
        **heading(entry),
        "label_set": entry.label_set,
        "dsc": asdict(estimate(entry, WORKING, "dsc", half=False)),
        "film_dsc": asdict(estimate(entry, NATIVE, "dsc", half=False)),
    }


def _steps(entries: Sequence[Entry], sets: Sequence[str]) -> list[dict[str, Any]]:
    """Each set less the one before it, by network; Holm's correction takes all steps of all networks as one family."""
    by_network: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        by_network.setdefault(entry.name, {})[entry.label_set] = entry
    networks = [(name, [found[label_set] for label_set in sets]) for name, found in by_network.items()]
    found: list[dict[str, Any]] = []
    for (name, row), steps in zip(networks, consecutive_differences([row for _, row in networks]), strict=True):
        for before, after, tested in zip(row, row[1:], steps, strict=False):
            if tested is not None:
                about = {"task": after.task, "scheme": after.scheme, "network": name}
                found.append({**about, "before": before.label_set, "after": after.label_set, **asdict(tested)})
    for key in ("p", "wilcoxon_p"):
        for one, value in zip(found, holm([one[key] for one in found]), strict=True):
            one[f"{key}_holm"] = value
    return found


def _groups(entry: Entry) -> list[dict[str, Any]]:
    """DSC on the test films by who drew their final mask."""
    rows = []
    for drawn_by in sorted({film.drawn_by for film in entry.films}):
        part = entry.subset(lambda film, drawn_by=drawn_by: film.drawn_by == drawn_by)  # type: ignore[misc]
        positive = sum(film.truth_positive for film in part.films)
        dsc = estimate(part, WORKING, "dsc", half=False) if positive else without(None, "no true pixel")
        rows.append(
            {
                "task": entry.task,
                "scheme": entry.scheme,
                "network": entry.name,
                "label_set": entry.label_set,
                "drawn_by": drawn_by or UNKNOWN,
                "films": len(part.films),
                "patients": len(set(part.patients)),
                "dsc": asdict(dsc),
            }
        )
    return rows


def label_cautions(inputs: Inputs) -> list[str]:
    """What a comparison of label sets cannot say, most important first."""
    if inputs.record.config.label_sets == [FINAL]:
        return []
    said = []
    if inputs.record.data.test_from != GIVEN:
        said.append(
            "Label sets: the dataset names no verified test set, so all sets are scored on final masks that nobody "
            "verified."
        )
    for task, cards in inputs.record.data.label_sets.items():
        said += _of_task(task, cards, inputs.record.data.test_from == GIVEN)
    return said


def _of_task(task: str, cards: Sequence[LabelCard], verified: bool) -> list[str]:
    said = []
    drawn = next((card for card in cards if card.label_set == CANDIDATE), None)
    if drawn is not None and (drawn.network_saw.get(TRAINED) or drawn.network_saw.get(SELECTED)):
        said.append(
            f"{task.capitalize()}: the network that drew the candidates had been trained on "
            f"{drawn.network_saw.get(TRAINED, 0)} of the {drawn.films} films outside the test set, and selected on "
            f"{drawn.network_saw.get(SELECTED, 0)}. Its masks of these are better than its masks of new films; from "
            "the next set on they have the masks with which they came as seeds."
        )
    for before, card in pairwise(cards):
        if card.films and not card.changed:
            why = VERIFIED if card.label_set == FINAL and verified else ""
            said.append(
                f"{task.capitalize()}: outside the test set no mask of {card.label_set} differs from those of "
                f"{before.label_set}, so networks learnt the same from both.{why}"
            )
    for card in cards:
        if card.state in STATES:
            said.append(f"{task.capitalize()}, {card.label_set}: {STATES[card.state].format(card.stage)}.")
    return said
