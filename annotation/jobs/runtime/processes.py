"""Web, platform worker and GPU worker of one machine, started and stopped together."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mlbackend.contracts import QUEUE_PLATFORM, QUEUE_PREDICT, QUEUE_TRAIN
from mlbackend.environment import SETTINGS, parse

ROOT = Path(__file__).resolve().parents[3]
STOP_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""
_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


class ProcessesError(RuntimeError):
    """A process did not start or has ended; the words hold the end of its log."""


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class Processes:
    """The installation's processes, each in a process group of its own, with one log file each.

    Use as a context manager: whatever happens inside, nothing is left running. Where this process itself is killed,
    the kernel tells its children; so start them from a thread that lives as long as they should, best the main one.

    >>> with Processes(log_dir=Path("var/log"), env={}) as processes:  # doctest: +SKIP
    ...     print(processes.url)
    """

    def __init__(
        self,
        *,
        log_dir: Path,
        env: Mapping[str, str] | None = None,
        web: bool = True,
        platform: bool = True,
        gpu: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        start_seconds: float = 90.0,
    ) -> None:
        """``env`` is put over this process's environment: DATABASE_URL, CELERY_BROKER_URL, STORAGE_URL and so on."""
        self.log_dir = log_dir
        self.env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self.parts = [name for name, wanted in (("web", web), ("platform", platform), ("gpu", gpu)) if wanted]
        self.host = host
        self.port = port
        self.start_seconds = start_seconds
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Address of the web server, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start all parts and wait until they answer; raises ProcessesError, with nothing left running."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        try:
            for part in self.parts:
                self.start_part(part)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def start_part(self, part: str) -> subprocess.Popen[bytes]:
        """Start ``web``, ``platform`` or ``gpu``, for example again after it was killed."""
        command, extra = self._command(part)
        launcher = [sys.executable, "-m", "annotation.jobs.runtime.child", str(os.getpid())]
        with self.log_path(part).open("ab") as log:
            self.children[part] = subprocess.Popen(
                [*launcher, *command],
                cwd=ROOT,
                env={**self.env, **extra},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.children[part]

    def log_path(self, part: str) -> Path:
        """Log file of a part; a second start goes on at its end."""
        return self.log_dir / f"{part}.log"

    def _command(self, part: str) -> tuple[list[str], dict[str, str]]:
        python = [sys.executable, "-m"]
        if part == "web":
            # Taken late, so that little time is left for others to take it too.
            self.port = self.port or free_port(self.host)
            bind = f"{self.host}:{self.port}"
            gunicorn = ["gunicorn", "--bind", bind, "--workers", "2", "--threads", "8", "--worker-class", "gthread"]
            extra = [
                "--graceful-timeout",
                "5",
                "--no-control-socket",
                "--access-logfile",
                "/dev/null",
                "annotation.config.wsgi",
            ]
            return [*python, *gunicorn, *extra], {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        worker = [
            "worker",
            "--loglevel",
            parse(SETTINGS["WORKER_LOG_LEVEL"], self.env.get("WORKER_LOG_LEVEL")),
            "--concurrency",
            "1",
            *_QUIET,
        ]
        if part == "platform":
            schedule = str(self.log_dir / "beat-schedule")
            beat = ["-B", "--schedule", schedule, "-Q", QUEUE_PLATFORM, "-n", "platform@%h"]
            return [*python, "celery", "-A", "annotation.config", *worker, *beat], {"OMP_NUM_THREADS": "1"}
        queues = ["-Q", f"{QUEUE_TRAIN},{QUEUE_PREDICT}", "-n", "gpu@%h"]
        return [*python, "celery", "-A", "mlbackend.worker.app", *worker, *queues], {}

    def check(self) -> None:
        """Raise ProcessesError where a part has ended."""
        for part, child in self.children.items():
            if (status := child.poll()) is not None:
                raise ProcessesError(f"{part} ended with status {status}; the end of its log:\n{self.log_tail(part)}")

    def log_tail(self, part: str, lines: int = 30) -> str:
        """The last lines of a part's log."""
        path = self.log_path(part)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        if "web" not in self.parts:
            return
        while True:
            self.check()
            if self._answers():
                return
            if time.monotonic() > deadline:
                tail = self.log_tail("web")
                raise ProcessesError(f"web did not answer at {self.url} in {self.start_seconds:.0f} s:\n{tail}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request("HEAD", "/health/live")
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self, part: str) -> None:
        """Kill -9 a part with all its children, as an out-of-memory killer or a power cut would."""
        child = self.children.pop(part)
        _signal_group(child, signal.SIGKILL)
        child.wait()
        _wait_until_gone(child)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what still runs after ``STOP_SECONDS``. Calling it again does nothing."""
        children, self.children = self.children, {}
        for child in children.values():
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
        for child in children.values():
            # Also where the leader has ended: a grandchild may still be in its group.
            _signal_group(child, signal.SIGKILL)
            child.wait()
            _wait_until_gone(child)

    def follow(self) -> Iterator[None]:
        """Yield once a second as long as all parts run; raises ProcessesError when one ends."""
        while True:
            self.check()
            yield
            time.sleep(1)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _wait_until_gone(child: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    """A killed process lives on for the moment that the kernel needs to take it down."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(child.pid, 0)
            time.sleep(0.05)
