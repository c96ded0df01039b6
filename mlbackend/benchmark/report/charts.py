"""Charts of scores: DSC of all networks, folds' spread, and infected share against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.quantification import share_pairs
from mlbackend.benchmark.report.style import INK, SOFT, colour, new_figure


def dsc_chart(rows: list[dict[str, Any]]) -> Figure | None:
    """DSC of each network with its bootstrap interval, its folds as dots, and the paper's figure as a diamond."""
    shown = [row for row in rows if row["dsc"]["value"] is not None]
    if not shown:
        return None
    figure = new_figure(7.4, 0.9 + 0.3 * len(shown))
    axis = figure.subplots()
    axis.grid(visible=True, axis="x")
    for place, row in enumerate(shown):
        dsc = row["dsc"]
        if dsc["low"] is not None:
            axis.plot([100 * dsc["low"], 100 * dsc["high"]], [place, place], color=colour(0), linewidth=2)
        folds = [100 * value for value in row["dsc_of_folds"]["values"]]
        axis.plot(folds, [place] * len(folds), "|", color=INK, markersize=7, label="a fold" if not place else None)
        label = "all folds, 95 % interval over patients" if not place else None
        axis.plot(100 * dsc["value"], place, "o", color=colour(0), markersize=6, label=label)
        if dsc["paper"] is not None:
            label = "the paper's data, for orientation" if not place else None
            axis.plot(100 * dsc["paper"], place, "D", color=colour(1), markersize=5, fillstyle="none", label=label)
    axis.set_yticks(range(len(shown)), [row["network"] for row in shown])
    axis.invert_yaxis()
    axis.margins(y=0.4 / max(1, len(shown)))
    axis.set_xlabel("DSC, %, at the working size")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def agreement_chart(entry: Entry, row: Mapping[str, Any]) -> Figure | None:
    """Predicted against true infected share, and their difference against their mean (Bland and Altman 1986)."""
    truth, predicted = share_pairs(entry, "both")
    if not len(truth):
        return None
    truth, predicted = 100 * truth, 100 * predicted
    figure = new_figure(8.4, 3.6)
    scatter, bland = figure.subplots(1, 2)
    top = max(float(truth.max()), float(predicted.max()), 1.0) * 1.04
    scatter.plot([0, top], [0, top], color=SOFT, linewidth=1)
    scatter.plot(truth, predicted, "o", color=colour(0), markersize=3.5, alpha=0.65)
    scatter.set(xlabel="true share, %", ylabel="predicted share, %", xlim=(-0.02 * top, top), ylim=(-0.02 * top, top))
    scatter.set_title("predicted against true")
    bland.plot((truth + predicted) / 2, predicted - truth, "o", color=colour(0), markersize=3.5, alpha=0.65)
    for value, words, dash in (
        (row["bias"], "bias", "-"),
        (row["upper_limit"], "upper limit", "--"),
        (row["lower_limit"], "lower limit", "--"),
    ):
        if value is not None:
            bland.axhline(100 * value, color=colour(1), linewidth=1.1, linestyle=dash)
            where = (1.0, 100 * value)
            style: dict[str, Any] = {"fontsize": 8, "ha": "right", "va": "bottom", "color": INK}
            bland.annotate(
                f"{words} {100 * value:+.2f}".replace("-", "\u2212"), where, xycoords=("axes fraction", "data"), **style
            )
    bland.set(xlabel="mean of both, %", ylabel="predicted − true, points")
    bland.set_title("difference and 95 % limits of agreement")
    for axis in (scatter, bland):
        axis.grid(visible=True)
    return figure
