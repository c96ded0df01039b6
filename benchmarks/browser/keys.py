"""From the key of a verdict to the next film on screen; and what a day of verdicts leaves in memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.browser.world import quantiles

if TYPE_CHECKING:
    from playwright.sync_api import Page

STOPS = (100, 500, 1000, 2000)


def verdict(page: Page) -> dict[str, float]:
    """One verdict by key; milliseconds until the next film was drawn, and until the frame after."""
    page.evaluate("window.painted = null")
    page.keyboard.press("a")
    page.wait_for_function("window.painted", polling="raf", timeout=60_000)
    found: dict[str, float] = page.evaluate("window.painted")
    return found


def switching(page: Page, count: int, pause: float) -> dict[str, Any]:
    """Times of so many verdicts by somebody who looks at each film for ``pause`` seconds, as nobody does so briefly."""
    drawn, shown = [], []
    for _ in range(count):
        time.sleep(pause)
        times = verdict(page)
        drawn.append(times["drawn"])
        shown.append(times["shown"])
    return {"drawn": quantiles(drawn), "shown": quantiles(shown)}


def memory(page: Page) -> dict[str, float]:
    """Heap in MB after collection, DOM nodes alive and in the document, listeners."""
    session = page.context.new_cdp_session(page)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    counts = session.send("Memory.getDOMCounters")
    session.detach()
    inside = page.evaluate("document.querySelectorAll('*').length")
    return {
        "heap_mb": heap["usedSize"] / 1e6, "nodes": counts["nodes"], "elements": inside,
        "listeners": counts["jsEventListeners"],
    }  # fmt: skip


def day(page: Page, most: int) -> dict[int, dict[str, float]]:
    """Memory after 100, 500, 1,000 and 2,000 verdicts given in one page without a pause; printed as they come."""
    found = {}
    for n in range(1, most + 1):
        verdict(page)
        if n in STOPS or n == most:
            time.sleep(2)
            found[n] = at = memory(page)
            print(
                f"  after {n} verdicts: heap {at['heap_mb']:.1f} MB, {at['nodes']:.0f} nodes alive, "
                f"{at['elements']:.0f} elements in the document, {at['listeners']:.0f} listeners",
                flush=True,
            )
    return found


def first_film(page: Page) -> dict[str, Any]:
    """Bytes of script and style, as transferred, until the first film was on screen; the page must be fresh."""
    found: dict[str, Any] = page.evaluate("""() => {
      const files = performance.getEntriesByType('resource')
        .filter((one) => /\\.(js|css)$/.test(one.name) && one.startTime < window.firstPaint)
      return {
        bytes: files.reduce((sum, one) => sum + one.encodedBodySize, 0),
        plain: files.reduce((sum, one) => sum + one.decodedBodySize, 0), files: files.length,
      }
    }""")
    return found
