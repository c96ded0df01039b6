"""The platform worker's clock where the machine's is set back; ``make faults`` sets a real one back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from annotation.config.beat import Scheduler


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = Celery("clock", set_as_current=False)
    app.conf.beat_schedule = {"sweep": {"task": "sweep", "schedule": 15.0}}
    made = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    monkeypatch.setattr(made, "apply_entry", lambda entry, producer=None: None)
    yield made
    made.close()


def test_the_next_run_is_never_further_off_than_its_interval(scheduler: Any) -> None:
    assert scheduler.tick() <= 15
    entry = scheduler.schedule["sweep"]
    entry.last_run_at += timedelta(hours=1)
    scheduler._heap = None
    assert scheduler.tick() <= 15
    assert entry.last_run_at <= entry.default_now()
