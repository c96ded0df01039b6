"""``report.html``: one file, no script, no request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from annotation.simulation.oracle import Truth
from annotation.simulation.report.plots import plots
from annotation.simulation.report.scores import Scored
from annotation.simulation.report.sheet import contact_sheet


def render_page(report: dict[str, Any], scored: Sequence[Scored], truth: Truth) -> str:
    """The page's HTML."""
    rounds = [round_ for stage in report["stages"] for round_ in stage["rounds"]]
    # The drawings are made here, of numbers and of names that the protocol fixes.
    drawings = {name: mark_safe(svg) for name, svg in plots(report, scored).items()}  # noqa: S308
    others = [network for network in report["networks"] if network["purpose"] != "fold"]
    context = {
        "folds": len(others) < len(report["networks"]),
        "validated_on": others[0]["validated_on"] if others else 0,
        "report": report,
        "rounds": rounds,
        "reviewed": [round_ for round_ in rounds if "verdicts" in round_],
        "choices": [{"round": round_["name"], **round_["selection"]} for round_ in rounds if "selection" in round_],
        "check": next((round_["verification"] for round_ in rounds if "verification" in round_), None),
        "twice": next((s["correction_agreement"] for s in report["stages"] if "correction_agreement" in s), None),
        "repeats": next((s["choice_repeats"] for s in report["stages"] if "choice_repeats" in s), None),
        "truth_rows": [{"name": label, **report["ground_truth"][name]} for name, label in _LABELS.items()],
        "acts": [{"name": name, **value} for name, value in report["effort"]["acts"].items()],
        "sheet": contact_sheet(scored, truth),
        "plots": drawings,
        "saved": report["effort"]["saved_share"],
        "devices": sorted({f"{n['device']} ({n['precision']})" for n in report["networks"]}),
    }
    return render_to_string("simulation/report.html", context)


_LABELS = {
    "all": "all",
    "accepted": "accepted",
    "picked": "picked",
    "machine": "machine-drawn (of these two)",
    "corrected": "corrected",
    "drawn": "drawn from nothing",
}
