"""Plots as inline SVG. Text stays text, in the page's own font."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from annotation.simulation.report.scores import GROUPS, Scored

INK, SOFT, GRID = "#1d2733", "#6b7785", "#e3e8ee"
SHOWN = ("accepted", "picked", "corrected", "drawn")
COLOURS = ("#1f6f8b", "#d98324", "#5b8c5a", "#8d5a97", "#b5485d", "#46618c", "#937b4f", "#4a9d9c")
STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "groundwork", "font.family": "sans-serif", "font.size": 9,
    "axes.edgecolor": SOFT, "axes.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": GRID, "axes.axisbelow": True, "xtick.color": SOFT, "ytick.color": SOFT,
    "text.color": INK, "legend.frameon": False, "figure.facecolor": "none", "axes.facecolor": "none",
}  # fmt: skip


def plots(report: dict[str, Any], scored: Sequence[Scored]) -> dict[str, str]:
    """SVG by name; a plot that has nothing to show is left out."""
    with mpl.rc_context(STYLE):
        made = {
            "accept": _accept_rate(report),
            "validation": _validation(report),
            "curves": _curves(report),
            "picks": _picks(report),
            "scores": _scores(scored),
            "effort": _effort(report),
        }
    return {name: svg for name, svg in made.items() if svg}


def _figure(width: float = 5.4, height: float = 3.0) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    return figure, axes


def _svg(figure: Figure, name: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    # Several drawings share the page: ids must not meet.
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font: (\d+(?:\.\d+)?px) [^;\"]*", r"font-size: \1", text)
    return re.sub(r'<svg [^>]*?width="[^"]*" height="[^"]*"', lambda m: _fluid(m.group(0)), text, count=1)


def _fluid(opening: str) -> str:
    return re.sub(r' (width|height)="[^"]*"', "", opening) + ' role="img"'


def _reviewed(report: dict[str, Any]) -> list[dict[str, Any]]:
    rounds = [round_ for stage in report["stages"] for round_ in stage["rounds"]]
    return [round_ for round_ in rounds if round_.get("accept_rate", {}).get("share") is not None]


def _accept_rate(report: dict[str, Any]) -> str:
    rounds = _reviewed(report)
    if not rounds:
        return ""
    figure, axes = _figure()
    for x, round_ in enumerate(rounds):
        rate = round_["accept_rate"]
        axes.plot([x, x], [rate["low"], rate["high"]], color=COLOURS[0], lw=2, solid_capstyle="round")
        axes.plot(x, rate["share"], "o", color=COLOURS[0], ms=7)
        axes.annotate(
            f"{rate['share']:.0%}", (x, rate["share"]), xytext=(9, 0), textcoords="offset points", va="center"
        )
    axes.set_xticks(range(len(rounds)), [f"{r['name']}\n{r['accept_rate']['verdicts']} verdicts" for r in rounds])
    axes.set(ylim=(0, 1.02), xlim=(-0.5, len(rounds) - 0.4), ylabel="accepted share")
    return _svg(figure, "accept")


def _validation(report: dict[str, Any]) -> str:
    networks = report["networks"]
    if not networks:
        return ""
    rounds = list(dict.fromkeys(network["round"] for network in networks))
    names = list(dict.fromkeys(network["name"] for network in networks))
    figure, axes = _figure()
    for i, name in enumerate(names):
        own = [network for network in networks if network["name"] == name]
        shift = (i - (len(names) - 1) / 2) * 0.07
        xs = [rounds.index(network["round"]) + shift for network in own]
        axes.plot(xs, [n["validation_dsc"] for n in own], "o", color=COLOURS[i % len(COLOURS)], ms=6, label=name)
    mains = [n for n in networks if n["main_after"]]
    axes.plot(
        [rounds.index(n["round"]) + (names.index(n["name"]) - (len(names) - 1) / 2) * 0.07 for n in mains],
        [n["validation_dsc"] for n in mains], color=SOFT, lw=1, ls="--", zorder=1, label="main network",
    )  # fmt: skip
    axes.set_xticks(range(len(rounds)), rounds)
    axes.set(ylabel="validation DSC (working size)")
    axes.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _svg(figure, "validation")


def _curves(report: dict[str, Any]) -> str:
    networks = [network for network in report["networks"] if network["curve"]]
    if not networks:
        return ""
    rounds = list(dict.fromkeys(network["round"] for network in networks))
    figure, panels = plt.subplots(
        1, len(rounds), figsize=(2.7 * len(rounds), 2.6), sharey=True, layout="constrained", squeeze=False
    )
    names = list(dict.fromkeys(network["name"] for network in networks))
    for axes, name in zip(panels[0], rounds, strict=True):
        for network in networks:
            if network["round"] == name:
                colour = COLOURS[names.index(network["name"]) % len(COLOURS)]
                dash = "--" if network["purpose"] == "most_picked" else "-"
                points = [(e["epoch"], e["validation_dsc"]) for e in network["curve"]]
                axes.plot(*zip(*points, strict=True), color=colour, lw=1.6, ls=dash, marker=".", ms=4)
        axes.set_title(name, fontsize=9, loc="left")
        axes.set_xlabel("epoch")
        last = max(len(network["curve"]) for network in networks)
        axes.set_xlim(0.5, last + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=min(6, last), integer=True))
    panels[0][0].set_ylabel("validation DSC")
    handles = [plt.Line2D([], [], color=COLOURS[i % len(COLOURS)], label=name) for i, name in enumerate(names)]
    figure.legend(handles=handles, fontsize=7.5, loc="outside lower center", ncols=min(6, len(names)))
    return _svg(figure, "curves")


def _picks(report: dict[str, Any]) -> str:
    networks = [network for network in report["networks"] if network["picks"] and network["picks"]["share"] is not None]
    if not networks:
        return ""
    several = len({network["round"] for network in networks}) > 1
    networks.sort(key=lambda network: network["picks"]["share"])
    # The first choice on top: bars are drawn from below.
    rounds = list(dict.fromkeys(network["round"] for network in report["networks"]))
    networks.sort(key=lambda network: -rounds.index(network["round"]))
    figure, axes = _figure(height=0.9 + 0.33 * len(networks))
    for y, network in enumerate(networks):
        picked = network["picks"]
        axes.barh(y, picked["share"], color=COLOURS[0], height=0.6, alpha=0.85)
        axes.plot([picked["low"], picked["high"]], [y, y], color=INK, lw=1.4)
        axes.annotate(
            f"{picked['picks']:.4g}", (picked["high"], y), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=8,
        )  # fmt: skip
    names = [f"{network['round']}  {network['name']}" if several else network["name"] for network in networks]
    axes.set_yticks(range(len(networks)), names)
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="share of the picks, with 95 % interval", xlim=(0, None))
    return _svg(figure, "picks")


def _scores(scored: Sequence[Scored]) -> str:
    groups = [(name, [s.dsc for s in scored if s.provenance in GROUPS[name]]) for name in SHOWN]
    groups = [(name, values) for name, values in groups if values]
    if not groups:
        return ""
    figure, axes = _figure()
    low = min(min(values) for _, values in groups)
    edges = [low + (1 - low) * i / 40 for i in range(41)]
    axes.hist(
        [values for _, values in groups], bins=edges, stacked=True, label=[f"{n} ({len(v)})" for n, v in groups],
        color=[COLOURS[i] for i in range(len(groups))],
    )  # fmt: skip
    axes.set(xlabel="DSC with the truth, film resolution", ylabel="films")
    axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4)
    return _svg(figure, "scores")


def _effort(report: dict[str, Any]) -> str:
    rounds = {
        name: r for name, r in report["effort"]["rounds"].items() if r["modelled_seconds"] or r["by_hand_seconds"]
    }
    if not rounds:
        return ""
    figure, axes = _figure(height=0.9 + 0.5 * len(rounds))
    for y, balance in enumerate(rounds.values()):
        axes.barh(
            y - 0.18,
            balance["by_hand_seconds"] / 60,
            height=0.34,
            color="#c3ccd6",
            label="all by hand" if not y else None,
        )
        axes.barh(
            y + 0.18, balance["modelled_seconds"] / 60, height=0.34, color=COLOURS[0],
            label="with networks" if not y else None,
        )  # fmt: skip
    axes.set_yticks(range(len(rounds)), list(rounds))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="modelled minutes of people")
    axes.legend(fontsize=8, loc="lower right")
    return _svg(figure, "effort")
