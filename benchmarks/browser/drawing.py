"""The brush: main-thread time a pointer move; and whether pixels hold over strokes, undo, redo and submission."""

from __future__ import annotations

import base64
import io
import json
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from benchmarks.browser.world import quantiles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZE = 2048
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
DRAFT = """async () => {
  const opened = indexedDB.open('groundwork')
  const db = await new Promise((resolve) => { opened.onsuccess = () => resolve(opened.result) })
  const asked = db.transaction('drawings').objectStore('drawings').getAll()
  const all = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result) })
  const draft = all.sort((a, b) => a.saved - b.saved).at(-1)
  db.close()
  if (!draft) return null
  let text = ''
  for (let i = 0; i < draft.bits.length; i += 8192) text += String.fromCharCode(...draft.bits.subarray(i, i + 8192))
  return btoa(text)
}"""


def diameter(page: Page, pixels: int) -> None:
    """Set the brush."""
    page.evaluate(
        """(pixels) => {
          const field = document.querySelector('input[type=range][max="200"]')
          field.value = pixels
          field.dispatchEvent(new Event('input', { bubbles: true }))
        }""",
        pixels,
    )


def place(page: Page) -> tuple[float, float, float]:
    """Left, top and side of the film on screen."""
    box = page.get_by_test_id("editor").bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])
    return box["x"] + (box["width"] - side) / 2, box["y"] + (box["height"] - side) / 2, side


def brushing(browser: Browser, page: Page, moves: int) -> dict[str, Any]:
    """Milliseconds of the main thread a pointer move, all tasks of Chromium's trace from one move to the next."""
    left, top, side = place(page)
    diameter(page, 60)
    page.mouse.move(left + 0.3 * side, top + 0.5 * side)
    page.mouse.down()
    browser.start_tracing(page=page, categories=CATEGORIES)
    rng = random.Random(1)
    x, y = 0.3, 0.5
    for _ in range(moves):
        x = min(0.9, max(0.1, x + rng.uniform(-0.03, 0.03)))
        y = min(0.9, max(0.1, y + rng.uniform(-0.03, 0.03)))
        page.mouse.move(left + x * side, top + y * side)
        time.sleep(0.02)
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    page.mouse.up()
    return quantiles(busy_between_moves(trace))


def busy_between_moves(trace: list[dict[str, Any]]) -> list[float]:
    """Per pointer move: milliseconds of top-level tasks on the page's main thread until the next one."""
    moves = [
        event for event in trace
        if event["name"] == "EventDispatch" and event.get("args", {}).get("data", {}).get("type") == "pointermove"
    ]  # fmt: skip
    if not moves:
        raise RuntimeError("the trace holds no pointer move")
    thread = (moves[0]["pid"], moves[0]["tid"])
    starts = [event["ts"] for event in moves]
    tasks = [
        (event["ts"], event.get("dur", 0)) for event in trace
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) == thread
    ]  # fmt: skip
    busy = [0.0] * len(starts)
    for begin, length in tasks:
        # The task that holds the move begins a little before it.
        index = int(np.searchsorted(starts, begin + length, side="right")) - 1
        if 0 <= index < len(busy):
            busy[index] += length / 1000
    return busy[:-1]


def drawn(page: Page) -> NDArray[np.bool_]:
    """The editor's mask, (H, W), as its draft holds it once that has come to rest."""
    last = ""
    while True:
        page.wait_for_timeout(700)
        text = page.evaluate(DRAFT) or ""
        if text and text == last:
            bits = np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8))
            return bits[: SIZE * SIZE].reshape(SIZE, SIZE).astype(bool)
        last = text


def strokes(page: Page, count: int) -> dict[str, int]:
    """Random strokes of brush and eraser, all undone, all done again, submitted: pixels that differ at each step."""
    from annotation.masks.services import mask_read
    from annotation.reviews.models import Edit, ReviewTask

    task = page.get_by_test_id("editor").get_attribute("data-task") or ""
    start = mask_read(ReviewTask.objects.get(pk=task).proposal)
    undone_before = 0
    while page.get_by_role("button", name="Undo").is_enabled():
        page.keyboard.press("Control+z")
        undone_before += 1
    left, top, side = place(page)
    rng = random.Random(2)
    for _ in range(count):
        page.keyboard.press(rng.choice("bbx"))
        diameter(page, rng.randint(1, 200))
        page.mouse.move(left + rng.uniform(0.05, 0.95) * side, top + rng.uniform(0.05, 0.95) * side)
        page.mouse.down()
        for _ in range(rng.randint(1, 3)):
            page.mouse.move(left + rng.uniform(0.05, 0.95) * side, top + rng.uniform(0.05, 0.95) * side)
        page.mouse.up()
    end = drawn(page)
    for _ in range(count):
        page.keyboard.press("Control+z")
    undone = drawn(page)
    for _ in range(count):
        page.keyboard.press("Control+y")
    again = drawn(page)
    page.keyboard.press("Enter")
    for _ in range(300):
        if Edit.objects.filter(task=task).exists():
            break
        page.wait_for_timeout(100)
    stored = Edit.objects.get(task=task).result
    from annotation.common.blobs import blobs

    pillow = np.asarray(PillowImage.open(io.BytesIO(blobs().read(stored.storage_key))).convert("L")) > 0
    return {
        "strokes": count, "drawn": int((end != start).sum()), "after undo": int((undone != start).sum()),
        "after redo": int((again != end).sum()), "submitted, by Pillow": int((pillow != end).sum()),
    }  # fmt: skip
