"""The figure of what each stage's work bought: scores above, how the masks changed below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from mlbackend.benchmark.report.style import DASHES, INK, MARKERS, SOFT, colour, new_figure

MOST_WITH_INTERVALS = 6
"""More intervals side by side are a thicket; beyond it only the first networks' are drawn."""
SPREAD = 0.42


def label_chart(part: Mapping[str, Any]) -> Figure | None:
    """DSC on the test films by label set, a line a network with its bootstrap interval; below, by label set, the share
    of films whose mask is not the final one yet, with these masks' mean DSC to the final ones.
    """
    rows = [row for row in part["rows"] if row["dsc"]["value"] is not None]
    if not rows:
        return None
    sets = list(dict.fromkeys(row["label_set"] for row in part["rows"]))
    networks = list(dict.fromkeys(row["network"] for row in rows))
    figure = new_figure(7.4, 5.4 if part["sets"] else 3.4)
    axes = figure.subplots(2 if part["sets"] else 1, 1, sharex=True, squeeze=False)[:, 0]
    for place, network in enumerate(networks):
        mine = [row for row in rows if row["network"] == network]
        shift = SPREAD * ((place + 0.5) / len(networks) - 0.5)
        xs = [sets.index(row["label_set"]) + shift for row in mine]
        shade = colour(place)
        style: dict[str, Any] = {"color": shade, "linewidth": 1.2, "linestyle": DASHES[place // 6 % len(DASHES)]}
        axes[0].plot(
            xs, [100 * row["dsc"]["value"] for row in mine], marker=MARKERS[place % len(MARKERS)], markersize=5,
            label=network, **style,
        )  # fmt: skip
        for x, row in zip(xs, mine, strict=True):
            if row["dsc"]["low"] is not None and place < MOST_WITH_INTERVALS:
                axes[0].plot([x, x], [100 * row["dsc"]["low"], 100 * row["dsc"]["high"]], color=shade, linewidth=1.8)
    axes[0].set_ylabel("DSC on the test films, %")
    axes[0].grid(visible=True, axis="y")
    if part["sets"]:
        _effort(axes[1], part["sets"], sets)
    axes[-1].set_xticks(range(len(sets)), [_name(part, name) for name in sets])
    axes[-1].set_xlabel("masks that the networks learnt from")
    axes[-1].set_xlim(-0.5, len(sets) - 0.5)
    figure.legend(loc="outside lower center", ncols=min(len(networks), 4))
    return figure


def _name(part: Mapping[str, Any], label_set: str) -> str:
    stage = next((row["stage"] for row in part["sets"] if row["label_set"] == label_set), "")
    return f"{label_set}\n(stage {stage})" if stage else label_set


def _effort(axis: Any, rows: list[dict[str, Any]], sets: list[str]) -> None:
    axis.set_ylabel("films whose mask is not\nfinal yet, %")
    axis.grid(visible=True, axis="y")
    for row in rows:
        x, height = sets.index(row["label_set"]), 100 * (row["differing_share"] or 0.0)
        axis.bar(x, height, width=SPREAD, color=SOFT)
        words = f"{row['differing']} of {row['films']}"
        if row["dsc_to_final_of_differing"] is not None:
            words += f"\ntheir DSC to final {100 * row['dsc_to_final_of_differing']:.1f}"
        if row["active_seconds"]:
            words += f"\n{row['active_seconds'] / 3600:.1f} h of work since the set before"
        style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 8, "color": INK}
        axis.annotate(words, (x, height), xytext=(0, 3), textcoords="offset points", **style)
    top = max(1.0, *(100 * (row["differing_share"] or 0.0) for row in rows))
    # Room for the words above the highest bar, where no share can be.
    axis.set_ylim(0, 1.6 * top)
    axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick <= min(100, 1.6 * top)])
