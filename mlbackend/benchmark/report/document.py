"""All that the report says, as plain JSON types: pages and tables are made from this and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from mlbackend.benchmark.config import INFECTION
from mlbackend.benchmark.report.cautions import cautions
from mlbackend.benchmark.report.cost import cost_rows
from mlbackend.benchmark.report.detection import detection_row
from mlbackend.benchmark.report.differences import network_differences, scheme_differences
from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.forms import form_of
from mlbackend.benchmark.report.groups import confounding, group_rows
from mlbackend.benchmark.report.inputs import Cell, Inputs
from mlbackend.benchmark.report.label_sets import label_cautions, label_sets
from mlbackend.benchmark.report.quantification import quantification_rows
from mlbackend.benchmark.report.samples import sample_rows
from mlbackend.benchmark.report.segmentation import more_row, segmentation_row

FORMAT, VERSION = "groundwork-benchmark-report", 1


def main_entries(inputs: Inputs, entries: Sequence[Entry]) -> list[Entry]:
    """Rows of the label set that all parts but one are about: the last one, which is ``final`` where it was asked."""
    last = inputs.record.config.label_sets[-1]
    return [entry for entry in entries if entry.label_set == last and not entry.second]


def second_entries(inputs: Inputs, entries: Sequence[Entry]) -> list[Entry]:
    """Rows of the second split, of the same label set."""
    return [entry for entry in entries if entry.label_set == inputs.record.config.label_sets[-1] and entry.second]


def make_document(inputs: Inputs, all_entries: Sequence[Entry]) -> dict[str, Any]:
    """The report's content; ``docs/benchmark.md`` says what each part is."""
    entries = main_entries(inputs, all_entries)
    second = second_entries(inputs, all_entries)
    infection = [entry for entry in entries if entry.task == INFECTION]
    form = form_of(inputs.record.config.paper)
    confounded = confounding(entries)
    return {
        "format": FORMAT,
        "version": VERSION,
        "config": inputs.record.config.to_json(),
        "data": inputs.record.data.to_json(),
        "environment": inputs.environment,
        "cautions": [*cautions(inputs, entries, confounded), *label_cautions(inputs)],
        "segmentation": [segmentation_row(entry, form) for entry in entries],
        "more": [more_row(entry) for entry in entries],
        "detection": [detection_row(entry, form) for entry in infection],
        "samples": sample_rows(inputs, form),
        "second": {
            "segmentation": [segmentation_row(entry, form) for entry in second],
            "more": [more_row(entry) for entry in second],
            "detection": [detection_row(entry, form) for entry in second if entry.task == INFECTION],
        },
        "cost": cost_rows(inputs, form),
        "differences": network_differences(entries),
        "schemes": scheme_differences(entries),
        "groups": group_rows(entries),
        "quantification": [row for entry in infection for row in quantification_rows(entry)],
        "confounding": confounded,
        "label_sets": label_sets(inputs, [entry for entry in all_entries if not entry.second]),
        "shown": {f"{entry.task}/{entry.scheme}": entry.name for entry in shown_entries(entries)},
        "cells": [cell_row(cell, inputs) for cell in inputs.cells],
    }


def shown_entries(entries: Sequence[Entry]) -> list[Entry]:
    """For each task and scheme the network whose films are shown: best mean validation DSC, so no test film chose."""
    best: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        key = (entry.task, entry.scheme)
        if entry.films and (key not in best or validation(entry) > validation(best[key])):
            best[key] = entry
    return list(best.values())


def leading_entries(entries: Sequence[Entry]) -> list[Entry]:
    """The network of each architecture with the best mean validation DSC, of those whose encoder learns if any does."""
    best: dict[str, Entry] = {}
    free = [entry for entry in entries if entry.films and not entry.network.encoder_frozen]
    for entry in free or [entry for entry in entries if entry.films]:
        name = entry.network.architecture
        if name not in best or validation(entry) > validation(best[name]):
            best[name] = entry
    return list(best.values())


def validation(entry: Entry) -> float:
    """Mean validation DSC over the scored folds."""
    scores = [cell.result.validation_dsc for cell in entry.scored if cell.result]
    return sum(scores) / len(scores) if scores else 0.0


def cell_row(cell: Cell, inputs: Inputs) -> dict[str, Any]:
    """One cell with how it ended, in its own words."""
    result = cell.result
    row: dict[str, Any] = {
        "cell": cell.cell_id,
        "task": cell.key.task,
        "scheme": cell.key.scheme,
        "network": cell.key.network,
        "fold": cell.key.fold,
        "label_set": cell.key.label_set,
        "state": cell.state,
        "error": result.error if result else _why_not_run(cell, inputs),
        "notes": list(result.notes) if result else [],
        "seed": inputs.record.config.training.seed,
    }
    names = ("weights_sha256", "data_hash", "best_epoch", "validation_dsc", "device", "precision")
    for name in (*names, "train_seconds", "score_seconds"):
        value = getattr(result, name) if result else None
        # A training that came to no number may say so in its scores too, which JSON has no word for.
        row[name] = value if not isinstance(value, float) or isfinite(value) else None
    row["epochs"] = len(result.epochs) if result else 0
    return row


def _why_not_run(cell: Cell, inputs: Inputs) -> str:
    for words in inputs.record.problems.get(cell.key.task, []):
        if words.startswith(f"fold {cell.key.fold} "):
            return words
    return "no result in this folder; run the benchmark again to go on"
