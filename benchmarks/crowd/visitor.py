"""Somebody who looks at pages beside the reviewers: a researcher, an admin."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from benchmarks.crowd.browser import Asked, Browser, LostError


class Visitor(threading.Thread):
    """Asks for ``pages``, (kind, address), in turn from number ``start`` on, until ``until`` (of ``time.time``)."""

    def __init__(
        self, browser: Browser, pages: Sequence[tuple[str, str]], pause_seconds: float, *, until: float, start: int
    ) -> None:
        super().__init__(daemon=True)
        self.browser, self.pages, self.pause_seconds = browser, pages, pause_seconds
        self.until, self.place = until, start
        self.problems: list[str] = []

    def run(self) -> None:
        """Never raises: what went wrong stands in ``problems``."""
        while time.time() < self.until and self.pages:
            kind, path = self.pages[self.place % len(self.pages)]
            self.place += 1
            try:
                answer = self.browser.ask(Asked(kind, "GET", path))
                if answer.status != 200:
                    self.problems.append(f"{kind}: {answer.status} {answer.content[:200]!r}")
            except LostError as error:
                self.problems.append(f"{kind}: {error}")
            time.sleep(max(0.0, min(self.pause_seconds, self.until - time.time())))
        self.browser.close()
