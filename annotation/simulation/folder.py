"""The folder of a run: its own database, broker and storage, and the rule that two runs never mix in it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from annotation.common.errors import Conflict
from annotation.jobs.runtime import alone_in
from mlbackend.environment import read

MARK = "GROUNDWORK_SIMULATION"
"""Set in a process whose settings are those of a run's folder."""
SWEEP_SECONDS = "2"
STALE_SECONDS = "60"
"""After an interruption the job that ran is taken up again when its heartbeat is this old."""


class RunFolder:
    """``state/`` (all that works), ``input/`` (manifests), ``dataset/``, ``report.json``, ``report.html``."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.state = self.root / "state"
        self.log = self.state / "log"
        self.input = self.root / "input"
        self.dataset = self.root / "dataset"
        self.report = self.root / "report.json"
        self.page = self.root / "report.html"

    def environment(self, database_url: str, broker_url: str) -> dict[str, str]:
        """Variables that make Django and the workers live in this folder, whatever the caller's environment says."""
        return {
            **os.environ,
            MARK: str(self.root),
            "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
            "GROUNDWORK_DATA_DIR": str(self.state),
            "DATABASE_URL": database_url or f"sqlite:///{self.state}/groundwork.sqlite3",
            "CELERY_BROKER_URL": broker_url or f"filesystem://{self.state}/broker",
            "STORAGE_URL": f"file://{self.state}/storage",
            "JOB_SWEEP_SECONDS": SWEEP_SECONDS,
            "JOB_HEARTBEAT_STALE_SECONDS": STALE_SECONDS,
            "LOG_LEVEL": read("LOG_LEVEL") or "WARNING",
        }

    def is_current(self) -> bool:
        """Whether this process already lives in the folder."""
        return bool(read(MARK) == str(self.root))

    def check(self, settings: dict[str, Any]) -> None:
        """Raise Conflict where the folder holds a finished run, one with other settings, or foreign files."""
        if self.report.exists():
            raise Conflict(
                f"{self.root} holds a finished run", field="--out", value=str(self.root),
                remedy="name another folder, or delete this one",
            )  # fmt: skip
        kept = self.state / "settings.json"
        if kept.exists():
            old = json.loads(kept.read_text(encoding="utf-8"))
            new = json.loads(json.dumps(settings))
            changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            if changed:
                key = changed[0]
                raise Conflict(
                    f"{self.root} holds an unfinished run with {key} {old.get(key)!r}, not {new.get(key)!r}",
                    field=key, value=new.get(key), remedy="go on with the same flags, or name another folder",
                )  # fmt: skip
        elif self.root.exists() and any(self.root.iterdir()) and not self.state.exists():
            raise Conflict(
                f"{self.root} holds other files", field="--out", value=str(self.root), remedy="name a new folder"
            )

    def keep(self, settings: dict[str, Any]) -> None:
        """Remember the settings; kept once."""
        self.state.mkdir(parents=True, exist_ok=True)
        kept = self.state / "settings.json"
        if not kept.exists():
            kept.write_text(json.dumps(settings, indent=1), encoding="utf-8")

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else works in this folder meanwhile. Raises Conflict where somebody does."""
        return alone_in(self.state, field="--out", remedy="wait for it, or name another folder")


class Clock:
    """Wall seconds by part of the run, over all its sessions: an interrupted run counts what it worked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.parts: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @contextlib.contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Add the seconds of the block to ``part``, also where it is interrupted."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.parts[part] = round(self.parts.get(part, 0.0) + time.monotonic() - began, 2)
            self._path.write_text(json.dumps(self.parts), encoding="utf-8")
