"""Scrolling through all films in Chromium: frames, nodes of the document and memory, over 10,000 films.

The films share a few pixel files. A researcher scrolls from end to end at several speeds, by wheel-sized steps and by
jumps of the scrollbar, once while everything is fetched and once again::

    python -m benchmarks browse
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.film_list import PASSWORD, served  # noqa: E402
from tests.support.browser import find_browser  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SCROLL = """
async ([pixels, seconds]) => {
  const box = document.querySelector('[data-testid=grid]')
  const frames = []
  let nodes = 0, last = performance.now(), blank = 0, seen = 0
  const start = last, from = box.scrollTop
  await new Promise((done) => {
    const step = (now) => {
      frames.push(now - last)
      last = now
      nodes = Math.max(nodes, document.getElementsByTagName('*').length)
      if (frames.length % 15 === 0) {
        for (const cell of box.querySelectorAll('[role=gridcell]')) {
          const place = cell.getBoundingClientRect()
          if (place.bottom < 200 || place.top > innerHeight) continue
          seen += 1
          const img = cell.querySelector('img')
          if (!img || !img.complete || !img.naturalWidth) blank += 1
        }
      }
      const at = from + pixels * Math.min(1, (now - start) / (1000 * seconds))
      box.scrollTop = at
      now - start < 1000 * seconds ? requestAnimationFrame(step) : done()
    }
    requestAnimationFrame(step)
  })
  return { frames: frames.slice(2), nodes, blank: blank / seen }
}
"""
RUNS: list[tuple[str, float, float]] = [
    ("reading, 400 px/s", 400, 8),
    ("looking, 2,000 px/s", 2000, 8),
    ("flying, 20,000 px/s", 20_000, 8),
    ("back again, 20,000 px/s", -20_000, 8),
]
"""What a hand does, pixels a second, seconds."""


def heap(cdp: CDPSession) -> float:
    """MB of scripts' memory after a collection."""
    cdp.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return float(found["JSHeapUsedSize"]) / 1e6


def first_tile(page: Page) -> None:
    """Wait until a film in the window has its picture."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid=grid] img')].some((img) => {
          const box = img.getBoundingClientRect()
          return img.complete && img.naturalWidth && box.bottom > 200 && box.top < innerHeight
        })"""
    )


def measure(url: str) -> list[dict[str, Any]]:
    """Frames of each run, and the milliseconds from a jump to the first picture of the place."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        raise SystemExit("no Chromium or Chrome is on this machine")
    rows: list[dict[str, Any]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--enable-precise-memory-info"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/p/bench/films")
        page.get_by_label("Name").fill("researcher")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_test_id("grid").wait_for(timeout=30_000)
        first_tile(page)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        before = heap(cdp)
        for name, speed, seconds in RUNS:
            got = page.evaluate(SCROLL, [speed * seconds, seconds])
            rows.append({"what": name, **got})
            show(rows[-1])
            page.wait_for_timeout(500)
        jumps = []
        for key in ("End", "Home", "PageDown", "End", "Home"):
            page.locator("[data-testid=grid] a[tabindex='0']").first.focus()
            started = page.evaluate("performance.now()")
            page.keyboard.press(key)
            page.wait_for_timeout(20)
            first_tile(page)
            jumps.append(page.evaluate("performance.now()") - started)
        after = heap(cdp)
        print(
            f"jump to a place until its first picture: median {statistics.median(jumps):.0f} ms, most {max(jumps):.0f}"
        )
        print(f"heap {before:.1f} MB before, {after:.1f} MB after", flush=True)
        browser.close()
    return rows


def show(row: dict[str, Any]) -> None:
    """One line a run."""
    frames = row["frames"]
    ordered = sorted(frames)
    print(
        f"{row['what']:<24} {len(frames):>4} frames  p50 {statistics.median(frames):5.1f} ms  "
        f"p95 {ordered[int(0.95 * (len(ordered) - 1))]:5.1f} ms  most {max(frames):5.1f} ms  "
        f"over 33 ms: {sum(frame > 33.4 for frame in frames):>3}  nodes at most {row['nodes']}  "
        f"tiles in view without their picture: {100 * row['blank']:.0f} %",
        flush=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=10_000)
    args = parser.parse_args()
    with served("sqlite", args.films) as (_, url, _tokens):
        measure(url)


if __name__ == "__main__":
    main()
