"""One decoder as its parent sees it: a pipe to it, a pipe from it, and a clock."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from annotation.images.decoding.frames import frame_head, frame_read

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
"""A first answer may take longer: the process loads its libraries on a machine that may be busy."""
Answer = tuple[dict[str, Any], bytearray]
_PIECE = 1024 * 1024
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
"""Of our environment; what is secret stands in the rest of it."""


class DecoderEnded(RuntimeError):
    """The process is gone, or was stopped because it was late."""

    def __init__(self, returncode: int | None, *, late: bool = False) -> None:
        super().__init__(f"exit status {returncode}" + (", stopped because it took too long" if late else ""))
        self.returncode, self.late = returncode, late


class Decoder:
    """A child process that answers one request at a time."""

    def __init__(self, module: str, memory_bytes: int) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, str(os.getpid()), str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=ROOT,
            env={**{name: value for name, value in os.environ.items() if name in _KEPT}, **threads},
            # Ctrl-C on a terminal is the parent's to hear.
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._to, self._from = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._extra = START_SECONDS

    def ask(self, header: dict[str, Any], data: bytes, seconds: float, *, largest: int) -> Answer:
        """Send a request, wait for its answer of at most ``largest`` bytes. Raises DecoderEnded, FrameError."""
        deadline = time.monotonic() + seconds + self._extra
        for part in (frame_head(header, len(data)), data):
            self._write(part, deadline)
        answer = frame_read(lambda count: self._read(count, deadline), largest)
        self._extra = 0.0
        return answer

    def end(self) -> None:
        """Kill it, however it is, and leave no zombie."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._wait(self._to, select.POLLOUT, deadline)
            try:
                left = left[os.write(self._to, left[:_PIECE]) :]
            except BrokenPipeError:
                raise self._gone() from None
            except BlockingIOError:
                continue

    def _read(self, count: int, deadline: float) -> bytearray:
        data = bytearray(count)
        view, at = memoryview(data), 0
        while at < count:
            self._wait(self._from, select.POLLIN, deadline)
            try:
                got = os.readv(self._from, [view[at:]])
            except BlockingIOError:
                continue
            if not got:
                raise self._gone()
            at += got
        return data

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            self.process.kill()
            raise DecoderEnded(self.process.wait(), late=True)

    def _gone(self) -> DecoderEnded:
        try:
            return DecoderEnded(self.process.wait(timeout=5))
        except subprocess.TimeoutExpired:
            return DecoderEnded(None)
