"""Training curves and precision-recall curves, one panel an architecture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.segmentation import pixel_histograms
from mlbackend.benchmark.report.style import INK, colour, new_figure
from mlbackend.metrics import PrCurve, pr_curve, pr_curve_of

POINTS = 400
"""A curve on paper needs no more points."""


FROZEN = (0, (4, 2))
"""Dashes of networks whose encoder stays as it is."""


def _dash(entry: Entry) -> Any:
    return FROZEN if entry.network.encoder_frozen else "-"


def _panels(entries: Sequence[Entry], rows: int, height: float) -> tuple[Figure, Any, list[str], list[str]]:
    architectures = list(dict.fromkeys(entry.network.architecture for entry in entries))
    encoders = list(dict.fromkeys(entry.network.encoder for entry in entries))
    figure = new_figure(3.3 * max(2, len(architectures)), height * rows)
    axes = figure.subplots(rows, len(architectures), squeeze=False, sharey="row")
    for place, name in enumerate(architectures):
        axes[0][place].set_title(name)
    for axis in axes.flat:
        axis.grid(visible=True)
    keys = [Line2D([], [], color=colour(place), label=name) for place, name in enumerate(encoders)]
    if any(entry.network.encoder_frozen for entry in entries):
        keys.append(Line2D([], [], color=INK, linestyle=FROZEN, label="encoder frozen"))
    figure.legend(handles=keys, loc="outside lower center", ncols=min(len(keys), 5))
    return figure, axes, architectures, encoders


def training_curves(entries: Sequence[Entry]) -> Figure | None:
    """Validation loss and DSC by epoch, a line a fold; the dot is the epoch that was kept."""
    trained = [entry for entry in entries if any(cell.result and cell.result.epochs for cell in entry.cells)]
    if not trained:
        return None
    figure, axes, architectures, encoders = _panels(trained, 2, 2.3)
    for entry in trained:
        column = architectures.index(entry.network.architecture)
        shade = colour(encoders.index(entry.network.encoder))
        for cell in entry.cells:
            epochs = cell.result.epochs if cell.result else []
            for row, field in enumerate(("validation_loss", "validation_dsc")):
                xs, ys = [e.epoch for e in epochs], [getattr(e, field) for e in epochs]
                axes[row][column].plot(xs, ys, color=shade, linewidth=1.1, alpha=0.85, linestyle=_dash(entry))
                for epoch in epochs if cell.result and cell.scored else []:
                    if cell.result and epoch.epoch == cell.result.best_epoch:
                        axes[row][column].plot(epoch.epoch, getattr(epoch, field), "o", color=shade, markersize=3.5)
    axes[0][0].set_ylabel("validation loss")
    axes[1][0].set_ylabel("validation DSC")
    for axis in axes[1]:
        axis.set_xlabel("epoch")
    for axis in axes.flat:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def pixel_curve(entry: Entry) -> PrCurve | None:
    """Precision and recall of pixels, all folds together."""
    positive, negative = pixel_histograms(entry)
    return pr_curve_of(positive, negative) if positive else None


def film_curve(entry: Entry) -> PrCurve | None:
    """Precision and recall of films by their score, all folds together; None where a class is missing."""
    films = [film for cell in entry.scored for film in (cell.films.films if cell.films else [])]
    truth = [film.truth_positive for film in films]
    if not any(truth) or all(truth):
        return None
    return pr_curve([film.score for film in films], truth)


def pr_curves(entries: Sequence[Entry], curve_of: Callable[[Entry], PrCurve | None]) -> Figure | None:
    """Precision against recall of each network."""
    found = [(entry, curve) for entry in entries if (curve := curve_of(entry)) is not None]
    if not found:
        return None
    figure, axes, architectures, encoders = _panels([entry for entry, _ in found], 1, 2.9)
    for entry, curve in found:
        recall, precision = thinned(curve)
        shade = colour(encoders.index(entry.network.encoder))
        axis = axes[0][architectures.index(entry.network.architecture)]
        axis.plot(recall, precision, color=shade, linewidth=1.4, linestyle=_dash(entry))
    axes[0][0].set_ylabel("precision")
    for axis in axes[0]:
        axis.set(xlabel="recall", xlim=(0, 1.01), ylim=(0, 1.02))
    return figure


def leading_curves(entries: Sequence[Entry]) -> Figure | None:
    """Precision against recall of pixels of one network an architecture, in one panel (degerli2021 figure 6)."""
    found = [(entry, curve) for entry in entries if (curve := pixel_curve(entry)) is not None]
    if not found:
        return None
    figure = new_figure(4.6, 3.6)
    axis = figure.subplots()
    axis.grid(visible=True)
    for place, (entry, curve) in enumerate(found):
        recall, precision = thinned(curve)
        axis.plot(recall, precision, color=colour(place), linewidth=1.4, label=entry.name)
    axis.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.02))
    figure.legend(loc="outside lower center", ncols=len(found))
    return figure


def thinned(curve: PrCurve) -> tuple[Any, Any]:
    """At most ``POINTS`` points of a curve, evenly by index, both ends kept."""
    keep = np.unique(np.linspace(0, len(curve.recall) - 1, min(POINTS, len(curve.recall))).round().astype(int))
    return curve.recall[keep], curve.precision[keep]
