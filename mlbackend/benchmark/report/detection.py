"""The papers' tables of detection: a film is positive if a pixel of infection is found on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from mlbackend.benchmark.config import DEGERLI
from mlbackend.benchmark.report.entries import DETECTION, Entry
from mlbackend.benchmark.report.estimates import Estimate, estimate, without
from mlbackend.benchmark.report.forms import DETECTION as DETECTION_TABLE
from mlbackend.benchmark.report.forms import Form, paper_confusion
from mlbackend.benchmark.report.segmentation import heading
from mlbackend.metrics import roc_auc

NEEDS = {
    "accuracy": "both",
    "precision": "both",
    "sensitivity": "positive",
    "f1": "positive",
    "f2": "positive",
    "specificity": "negative",
}
"""Which films a metric cannot be judged without: precision without a negative film is 1 whatever the network does."""


def detection_row(entry: Entry, form: Form) -> dict[str, Any]:
    """The paper's metrics over films, beside its figures; AUC is the folds' mean."""
    row = heading(entry)
    positive = sum(film.truth_positive for film in entry.films)
    negative = len(entry.films) - positive
    row |= {"films_positive": positive, "films_negative": negative}
    for metric in form.detection:
        paper = form.figure(DETECTION_TABLE, entry, metric)
        missing = _missing(NEEDS[metric], positive, negative)
        if missing and entry.films:
            row[metric] = asdict(without(paper, missing))
        else:
            row[metric] = asdict(
                estimate(entry, DETECTION, metric, paper=paper, count=form.count(DETECTION_TABLE, entry, metric))
            )
    aucs = [_auc(entry, place) for place in range(len(entry.scored))]
    known = [value for value in aucs if value is not None]
    row["auc"] = asdict(Estimate(float(np.mean(known)) if known else None, why="" if known else "needs both classes"))
    tp, fp, fn, tn = (int(value) for value in entry.totals[DETECTION]) if entry.films else (0, 0, 0, 0)
    row["confusion"] = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    row["paper_confusion"] = paper_confusion(entry) if form.paper == DEGERLI else None
    return row


def _missing(needs: str, positive: int, negative: int) -> str:
    if needs in ("both", "positive") and not positive:
        return "no test film with infection"
    if needs in ("both", "negative") and not negative:
        return "no test film without infection"
    return ""


def _auc(entry: Entry, place: int) -> float | None:
    films = entry.scored[place].films
    if films is None:
        return None
    return roc_auc([film.score for film in films.films], [film.truth_positive for film in films.films])
