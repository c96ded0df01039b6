"""The review pages in Chromium: key to next film, brush, exact pixels, weight of the page, memory over a day.

Beside each figure stands Label Studio 1.23.2's, measured for this project on a like machine (two cores shared by client
and server, no GPU).
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.browser import drawing, keys
from benchmarks.browser.world import desk, open_work, project_make

PARTS = ("keys", "weight", "brush", "day")
LABEL_STUDIO = {512: (573, 693), 2048: (1073, 1198), "brush": 8.0, "weight": 2.08e6}
"""Submit key to next film painted, median and p95 in ms; main thread a move in ms; script and style in bytes."""


def verdict_line(name: str, values: str, met: bool) -> bool:
    """Print one result; returns whether its aim was met."""
    print(f"  {name}: {values}: aim {'met' if met else 'MISSED'}", flush=True)
    return met


def switching(url: str, browser: Any, size: int, count: int, pause: float) -> bool:
    """Key to next film."""
    project_make(f"keys-{size}", "verdict", count + 10, size, 12 if size <= 512 else 6)
    page = open_work(browser, url, f"keys-{size}", "verdict")
    page.wait_for_timeout(4000)
    found = keys.switching(page, count, pause)
    page.context.close()
    shown, drawn = found["shown"], found["drawn"]
    base = LABEL_STUDIO[size]
    words = (
        f"{shown['count']} verdicts, shown after {shown['median']:.1f} / {shown['p95']:.1f} ms (longest "
        f"{shown['most']:.0f}), draw calls done after {drawn['median']:.1f} / {drawn['p95']:.1f}; Label Studio "
        f"{base[0]} / {base[1]}: x{base[0] / shown['median']:.0f}"  # type: ignore[index]
    )
    return verdict_line(f"key to next film at {size} px, median / p95", words, shown["p95"] < 50)


def weight(url: str, browser: Any) -> bool:
    """Script and style before the first film."""
    project_make("weight", "verdict", 4, 256, 2)
    page = open_work(browser, url, "weight", "verdict")
    found = keys.first_film(page)
    page.context.close()
    words = (
        f"{found['bytes'] / 1000:.1f} KB transferred in {found['files']} files ({found['plain'] / 1000:.0f} KB plain); "
        f"Label Studio {LABEL_STUDIO['weight'] / 1000:.0f}: x{LABEL_STUDIO['weight'] / found['bytes']:.0f}"
    )
    if found["bytes"] == found["plain"]:
        words += "; not compressed: run `python -m whitenoise.compress frontend/dist`"
    return verdict_line("script and style before the first film", words, found["bytes"] <= 100_000)


def brush(url: str, browser: Any, moves: int, strokes: int) -> bool:
    """Time of a move, and exact pixels."""
    project_make("brush", "correction", 3, drawing.SIZE, 1)
    page = open_work(browser, url, "brush", "correction")
    time = drawing.brushing(browser, page, moves)
    words = (
        f"{time['count']} moves, median {time['median']:.1f}, p95 {time['p95']:.1f} ms; Label Studio "
        f"{LABEL_STUDIO['brush']}: x{LABEL_STUDIO['brush'] / time['median']:.1f}"  # type: ignore[operator]
    )
    met = verdict_line(
        "brush at 2048 px, radius 30, main thread a move", words, time["median"] < 8 and time["p95"] < 16
    )
    found = drawing.strokes(page, strokes)
    page.context.close()
    exact = not any(found[name] for name in ("after undo", "after redo", "submitted, by Pillow"))
    words = ", ".join(f"{name} {value}" for name, value in found.items())
    return verdict_line("pixels that differ", words, exact and found["drawn"] > 0) and met


def day(url: str, browser: Any, count: int) -> bool:
    """Memory over a day's verdicts in one page."""
    project_make("day", "verdict", count + 10, 256, 12)
    page = open_work(browser, url, "day", "verdict")
    found = keys.day(page, count)
    page.context.close()
    # Once warm, a day adds less than a megabyte and no nodes or listeners beyond what a film more or less has.
    warm, last = found[min(found, key=lambda n: abs(n - 500))], found[max(found)]
    growth = last["heap_mb"] - warm["heap_mb"]
    bounded = growth < 1.0 and last["nodes"] < warm["nodes"] + 100 and last["listeners"] < warm["listeners"] + 50
    return verdict_line("memory", f"{growth:+.2f} MB from 500 verdicts on", bounded)


def main() -> int:
    """Command line; returns 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--verdicts", type=int, default=100, help="of each size, for the time of a key")
    parser.add_argument("--day", type=int, default=2000, help="verdicts in one page, for the memory")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--strokes", type=int, default=200)
    args = parser.parse_args()
    unknown = set(args.what) - set(PARTS)
    if unknown:
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    what = args.what or PARTS
    met = []
    with desk() as (url, browser):
        if "weight" in what:
            met.append(weight(url, browser))
        if "keys" in what:
            met.append(switching(url, browser, 512, args.verdicts, 0.3))
            met.append(switching(url, browser, 2048, args.verdicts, 0.9))
        if "brush" in what:
            met.append(brush(url, browser, args.moves, args.strokes))
        if "day" in what:
            met.append(day(url, browser, args.day))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
