"""Scores split by who drew the truth, by class and by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mlbackend.benchmark.report.entries import WORKING, Entry
from mlbackend.benchmark.report.estimates import estimate, without

KINDS = {"drawn_by": "who drew the truth", "label": "class", "source": "source"}
UNKNOWN = "not stated"


def group_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """DSC of each network on each group of test films, with the bootstrap interval; one row a network and group."""
    rows = []
    for entry in entries:
        for kind in KINDS:
            for value in sorted({getattr(film, kind) for film in entry.films}):
                # Without a true pixel the accumulated DSC is 0 or 100 and says nothing about how well masks fit.
                part = entry.subset(lambda film, kind=kind, value=value: getattr(film, kind) == value)  # type: ignore[misc]
                positive = sum(film.truth_positive for film in part.films)
                empty = "no true pixel"
                dsc = estimate(part, WORKING, "dsc", half=False) if positive else without(None, empty)
                rows.append(
                    {
                        "task": entry.task,
                        "scheme": entry.scheme,
                        "network": entry.name,
                        "kind": kind,
                        "group": value or UNKNOWN,
                        "films": len(part.films),
                        "patients": len(set(part.patients)),
                        "positive": positive,
                        "dsc": asdict(dsc),
                        "from": entry.origin(),
                    }
                )
    return rows


def confounding(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """For each task, how many test films each class has from each source, and whether one tells the other."""
    found = []
    for task in dict.fromkeys(entry.task for entry in entries):
        films = next((entry.films for entry in entries if entry.task == task and entry.films), [])
        if not films:
            continue
        labels = sorted({film.label or UNKNOWN for film in films})
        sources = sorted({film.source or UNKNOWN for film in films})
        counts = {label: dict.fromkeys(sources, 0) for label in labels}
        for film in films:
            counts[film.label or UNKNOWN][film.source or UNKNOWN] += 1
        # The best guess of the class from the source alone: 1 means that the two cannot be told apart.
        guessed = sum(max(counts[label][source] for label in labels) for source in sources) / len(films)
        commonest = max(sum(counts[label].values()) for label in labels) / len(films)
        found.append(
            {
                "task": task,
                "labels": labels,
                "sources": sources,
                "films": counts,
                "class_from_source": guessed,
                "class_by_chance": commonest,
            }
        )
    return found
