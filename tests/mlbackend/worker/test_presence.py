"""A GPU worker says that it lives, also while it has nothing to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from mlbackend.contracts import QUEUE_PREDICT, QUEUE_TRAIN, WORKERS_PREFIX, Presence, worker_key
from mlbackend.storage import open_storage
from mlbackend.worker.presence import PresenceBeat


def signs(url: str) -> list[Presence]:
    storage = open_storage(url)
    return [Presence.from_json(json.loads(storage.read(key))) for key in storage.list(WORKERS_PREFIX)]


def test_a_worker_gives_signs_that_change_and_takes_its_last_one_away(tmp_path: Path) -> None:
    url = f"file://{tmp_path}"
    beat = PresenceBeat(url, "host:1", [QUEUE_PREDICT, QUEUE_TRAIN], seconds=0.02)
    beat.start()
    seen: set[float] = set()
    until = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < until:
        seen |= {sign.at for sign in signs(url)}
    (sign,) = signs(url)
    assert (sign.worker, sign.queues, len(seen) >= 3) == ("host:1", [QUEUE_PREDICT, QUEUE_TRAIN], True)
    beat.stop()
    assert signs(url) == []


def test_a_worker_that_is_told_to_stop_takes_its_sign_away(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "celery", "-A", "mlbackend.worker.app", "worker"]
    env = {**os.environ, "GROUNDWORK_DATA_DIR": str(tmp_path)}
    for name in ("STORAGE_URL", "CELERY_BROKER_URL"):
        env.pop(name, None)
    queues = ["-Q", f"{QUEUE_TRAIN},{QUEUE_PREDICT}", "--concurrency", "1"]
    root = Path(__file__).resolve().parents[3]
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen([*command, *queues], cwd=root, env=env, stdout=log, stderr=subprocess.STDOUT)
    url = f"file://{tmp_path}/storage"
    try:
        until = time.monotonic() + 60
        while not signs(url) and time.monotonic() < until:
            time.sleep(0.1)
        (sign,) = signs(url)
        assert sign.worker.endswith(f":{worker.pid}")
        assert sign.queues == sorted([QUEUE_PREDICT, QUEUE_TRAIN])
        worker.terminate()
        worker.wait(30)
    finally:
        worker.kill()
    assert signs(url) == []


def test_a_storage_that_is_away_does_not_stop_the_worker(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    beat = PresenceBeat(f"file://{tmp_path}/file", "host:1", [], seconds=0.01)
    beat.start()
    time.sleep(0.05)
    beat.stop()


def test_a_name_of_any_kind_makes_a_key_within_the_folder() -> None:
    assert worker_key("gpu/..\\x:7") == f"{WORKERS_PREFIX}gpu_.._x_7.json"
