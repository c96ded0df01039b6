"""One thread that speaks for a running attempt, so that the training never waits for storage or broker."""

from __future__ import annotations

import contextvars
import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable

from mlbackend.contracts import (
    PHASE_INTERRUPTED,
    TASK_PROGRESS,
    Progress,
    cancel_key,
    progress_key,
    request_key,
)
from mlbackend.storage import Storage

MESSAGE_SECONDS = 1.0
FILE_SECONDS = 5.0

Send = Callable[[str, list[object]], None]
_log = logging.getLogger(__name__)


class Heartbeat:
    """Sends progress at most once a second, writes progress.json every five, and watches for the cancel marker.

    The file is a heartbeat also while nothing is reported, for example while torch is imported or films are read.
    """

    def __init__(
        self,
        storage: Storage,
        send: Send,
        job_id: str,
        attempt: int,
        worker: str,
        *,
        message_seconds: float = MESSAGE_SECONDS,
        file_seconds: float = FILE_SECONDS,
    ) -> None:
        self._storage, self._send = storage, send
        self._job_id, self._attempt = job_id, attempt
        self._message_seconds, self._file_seconds = message_seconds, file_seconds
        self._latest = Progress(job_id=job_id, attempt=attempt, at=time.time(), worker=worker, phase="loading")
        self._unsent = True
        self._file_due = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        # In this context, so that what the thread logs and sends carries the ids of the job.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat once, so that others see at once that the attempt is taken, then go on in the thread."""
        self._beat()
        self._thread.start()

    def on_progress(self, progress: Progress) -> None:
        """Keep the newest progress; the thread sends it."""
        with self._lock:
            self._latest, self._unsent = progress, True

    def should_cancel(self) -> bool:
        """Whether somebody cancelled the job or a newer attempt has taken over; costs nothing to ask."""
        return self._cancelled.is_set()

    def stop(self, *, interrupted: bool = False, trouble: str = "") -> None:
        """End the thread with a last file and message; ``interrupted`` tells other workers that they may go on.

        ``trouble`` is why no result file follows; where storage takes no file, the message alone tells it.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if interrupted or trouble:
            with self._lock:
                phase = PHASE_INTERRUPTED if interrupted else self._latest.phase
                self._latest = dataclasses.replace(self._latest, phase=phase, trouble=trouble)
                self._unsent = True
        self._file_due = 0.0
        self._beat()

    def _run(self) -> None:
        while not self._stop.wait(self._message_seconds):
            self._beat()

    def _beat(self) -> None:
        for step in (self._watch, self._write_file, self._send_message):
            try:
                step()
            except Exception as error:
                # Broker or storage may be away for a while; the next beat tries again.
                _log.warning("job %s: %s failed: %s", self._job_id, step.__name__.strip("_"), error)

    def _watch(self) -> None:
        if self._storage.exists(cancel_key(self._job_id)) or self._storage.exists(
            request_key(self._job_id, self._attempt + 1)
        ):
            self._cancelled.set()

    def _write_file(self) -> None:
        now = time.monotonic()
        if now < self._file_due:
            return
        with self._lock:
            self._latest = dataclasses.replace(self._latest, at=time.time())
            self._unsent = True
            data = json.dumps(self._latest.to_json()).encode()
        self._storage.write(progress_key(self._job_id, self._attempt), data)
        self._file_due = now + self._file_seconds

    def _send_message(self) -> None:
        with self._lock:
            if not self._unsent:
                return
            message, self._unsent = self._latest, False
        self._send(TASK_PROGRESS, [message.to_json()])
