"""PostgreSQL and Redis of a test's own, on free ports, to be killed and started at will. Nobody else knows them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from annotation.jobs.runtime import free_port
from tests.support.small_disk import SmallDisk

START_SECONDS = 60.0


class ServerError(RuntimeError):
    """A server cannot be had or does not start; the words hold the end of its log."""


class OwnServer(ABC):
    """A server in a folder of its own; use as a context manager: nothing of it is left."""

    name = ""

    def __init__(self, data: Path | None = None) -> None:
        """``data``: where it keeps its data, for example on a small disk; else below its own folder."""
        self.folder = Path(tempfile.mkdtemp(prefix=f"groundwork-{self.name}-"))
        self.data = data or self.folder / "data"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _command(self) -> list[str]:
        """What is started."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it can be worked with."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with self._log().open("ab") as log:
                self.process = subprocess.Popen(
                    self._command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True,
                )  # fmt: skip
            while self.process.poll() is None:
                if self._answers():
                    return
                self._in_time(deadline)
                time.sleep(0.05)
            # What is left of one that was killed may hold its place for a moment.
            self._in_time(deadline)
            time.sleep(0.2)

    def _in_time(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise ServerError(f"{self.name} does not start:\n{self._log().read_text(errors='replace')[-3000:]}")

    def _log(self) -> Path:
        return self.folder / "log"

    def kill(self) -> None:
        """Kill -9, with all its children: as a power cut does, but for the machine's own memory."""
        assert self.process is not None
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGINT) -> None:
        """Ask it to end and wait; PostgreSQL takes SIGINT as: now, whoever works."""
        assert self.process is not None
        self.process.send_signal(number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def _prepare(self) -> None:  # noqa: B027 - most need nothing
        """Make what it needs before its first start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnRedis(OwnServer):
    """A Redis that keeps nothing: whoever starts it again finds it empty."""

    name = "redis"

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        if shutil.which("redis-server") is None:
            raise ServerError("redis-server is not on this machine; install Debian's package redis-server")
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return ["redis-server", "--port", str(self.port), *options]

    def _answers(self) -> bool:
        import redis

        with contextlib.suppress(redis.RedisError), redis.Redis(port=self.port, socket_timeout=2) as client:
            return bool(client.ping())
        return False


class OwnPostgres(OwnServer):
    """A PostgreSQL with its own defaults. It refuses to run as root: then it runs as the user ``postgres``."""

    name = "postgres"

    def __init__(self, disk: SmallDisk | None = None, no_disk: str = "") -> None:
        """``disk``: a small one to keep its data on; ``no_disk`` says why there is none."""
        super().__init__(disk.folder / "data" if disk else None)
        self.disk, self.no_disk = disk, no_disk

    @property
    def url(self) -> str:
        """Its database ``postgres``."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _prepare(self) -> None:
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            self.data.mkdir(exist_ok=True)
            os.chown(self.data, user.pw_uid, user.pw_gid)
        words = ["--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            _as_postgres([postgres_binary("initdb"), *words, "-D", str(self.data)]),
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise ServerError(f"initdb: {made.stdout}{made.stderr}")

    def _command(self) -> list[str]:
        options = {"unix_socket_directories": "", "listen_addresses": "127.0.0.1", "max_connections": "150"}
        if self.disk is not None:
            options |= {"max_wal_size": "64MB", "min_wal_size": "32MB"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return _as_postgres([postgres_binary("postgres"), "-D", str(self.data), "-p", str(self.port), *words])

    def _answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(self.url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True


def _as_postgres(command: list[str]) -> list[str]:
    """With the rights of ``postgres`` where this process has all; the process becomes the command."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def postgres_binary(name: str) -> str:
    """Path of a program of the newest PostgreSQL server of this machine; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise ServerError(f"{name} is not on this machine; install Debian's package postgresql")
    return path


def children_of(pid: int) -> list[int]:
    """Processes that a process has started, as the kernel lists them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def wait_for_port(port: int, seconds: float = START_SECONDS) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if time.monotonic() > deadline:
            raise ServerError(f"nobody listens on port {port}")
        time.sleep(0.05)
