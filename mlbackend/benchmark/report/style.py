"""How figures look: the same on a light and a dark page, and the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from markupsafe import escape
from matplotlib.figure import Figure

INK, SOFT = "#1b1f24", "#9aa3ad"
SERIES = ("#0b6cb3", "#c8571b", "#138a5e", "#a3468f", "#8a7500", "#5b5fc7")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P")
_INLINE = {INK: "var(--ink)", SOFT: "var(--line)"} | {
    colour: f"var(--series-{place})" for place, colour in enumerate(SERIES, start=1)
}
_RC = {
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "grid.color": SOFT,
    "grid.linewidth": 0.4,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "groundwork",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


@contextmanager
def drawing() -> Iterator[None]:
    """The house's settings, and nobody else's, while figures are drawn."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def new_figure(width: float, height: float) -> Figure:
    """A figure of so many inches that belongs to no window."""
    return Figure(figsize=(width, height), layout="constrained")


def colour(place: int) -> str:
    """Colour of the n-th series."""
    return SERIES[place % len(SERIES)]


def to_svg(figure: Figure) -> str:
    """The figure as SVG, on paper's white, for a file."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    return out.getvalue()


def inline(svg: str, name: str, words: str) -> str:
    """An SVG file's content for a page: colours follow the theme, ids are its own, ``words`` describe it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'<g id="patch_1">.*?</g>', "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for plain, themed in _INLINE.items():
        body = re.sub(re.escape(plain), themed, body, flags=re.IGNORECASE)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(href="|url\()#', rf"\g<1>#{name}-", body)
    body = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", body, count=1)
    body = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", body, count=1)
    width = re.search(r'viewBox="0 0 ([\d.]+)', body)
    limit = f"max-width:{float(width[1]) * 4 / 3:.0f}px" if width else ""
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" style="{limit}" ', 1)
