"""A worker's sign of life, so that people whose job waits learn whether anybody is there to take it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable

from mlbackend.alive import leave_sign
from mlbackend.contracts import Presence, worker_key
from mlbackend.storage import Storage, open_storage
from mlbackend.worker.gpus import gpu_memory

BEAT_SECONDS = 15.0
_log = logging.getLogger(__name__)


class PresenceBeat:
    """Writes the worker's presence into storage at once and every ``seconds``; takes it away when stopped."""

    def __init__(self, storage_url: str, worker: str, queues: list[str], *, seconds: float = BEAT_SECONDS) -> None:
        self._url, self._worker, self._queues, self._seconds = storage_url, worker, queues, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin; returns at once, as storage may be slow or away."""
        self._thread.start()

    def stop(self) -> None:
        """Say that the worker is gone; a worker that is killed is told by its silence."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._try(self._write)
            self._stop.wait(self._seconds)
        self._try(lambda storage: storage.delete(worker_key(self._worker)))

    def _write(self, storage: Storage) -> None:
        message = Presence(worker=self._worker, at=time.time(), queues=self._queues, gpus=gpu_memory())
        storage.write(worker_key(self._worker), json.dumps(message.to_json()).encode())
        leave_sign("gpu")

    def _try(self, step: Callable[[Storage], None]) -> None:
        try:
            step(open_storage(self._url))
        except Exception as error:
            # The next beat tries again; a job that runs speaks for the worker meanwhile.
            _log.warning("worker %s could not say that it lives: %s", self._worker, error)
