"""Requests that are cut off: sent whole, then the process that has them is killed before anybody read an answer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from annotation.jobs.runtime import Processes
from tests.support.own_servers import children_of


@dataclass
class Cut:
    """A POST of JSON below /api, and what came of it. Times are seconds of the monotonic clock."""

    path: str
    token: str
    body: dict[str, Any]
    sent_at: float = 0.0
    """When its last byte was out; 0: it never was."""
    ended_at: float = 0.0
    answer: bytes = b""

    def receipt(self) -> dict[str, Any] | None:
        """JSON of a success that arrived whole."""
        head, _, body = self.answer.partition(b"\r\n\r\n")
        with contextlib.suppress(ValueError):
            if head.startswith(b"HTTP/1.1 2"):
                return dict(json.loads(body))
        return None

    def was_cut(self, killed_at: float) -> bool:
        """Whether it was provably sent before the kill and not answered until after it."""
        return 0 < self.sent_at < killed_at < self.ended_at and not self.answer

    def send(self, url: str, after: float) -> None:
        """Send it by hand in ``after`` seconds, so that it is known when the last byte was out; read what comes."""
        data, address = json.dumps(self.body).encode(), urlsplit(url)
        head = (
            f"POST /api{self.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        )
        time.sleep(after)
        with contextlib.suppress(OSError), socket.create_connection((address.hostname, address.port), 20) as wire:
            wire.sendall(head.encode() + data)
            self.sent_at = time.monotonic()
            while part := wire.recv(65536):
                self.answer += part
        self.ended_at = time.monotonic()


def send_and_kill(
    processes: Processes, cuts: Sequence[Cut], delays: Sequence[float], moment: Callable[[], object]
) -> float:
    """Send all, each after its delay in seconds; kill -9 web with all its children when ``moment`` returns; wait until
    nobody hopes for an answer any more. Returns when it was killed."""
    threads = [
        threading.Thread(target=cut.send, args=(processes.url, delay)) for cut, delay in zip(cuts, delays, strict=True)
    ]
    for thread in threads:
        thread.start()
    moment()
    parent = processes.children["web"].pid
    for pid in [parent, *children_of(parent)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    at = time.monotonic()
    processes.kill("web")
    for thread in threads:
        thread.join()
    return at
