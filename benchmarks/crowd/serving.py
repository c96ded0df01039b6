"""An installation for a while: a database, a broker and a folder of its own, web and platform worker; then all is gone.

``embedded`` is ``manage.py run`` on the default; ``production`` starts the commands of ``docker/compose.yml`` with its
environment, worker counts and settings, on PostgreSQL and Redis, with a folder as storage.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from annotation.jobs.runtime import Processes, free_port
from benchmarks.crowd.world import Wish, wish_text
from tests.support.compose import NEEDED, Compose
from tests.support.servers import redis_database

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 20.0
PROXY = {"Host": NEEDED["GROUNDWORK_HOST"], "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.{n}"}
"""What the proxy says of each browser: it came by TLS, from an address of its own."""


@dataclass(frozen=True)
class Installation:
    """Where it answers, which ``headers`` its requests need, and the environment in which its commands run."""

    url: str
    headers: Mapping[str, str]
    env: Mapping[str, str]
    folder: Path


@contextlib.contextmanager
def own_database(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Name and URL of an empty database: a file, or a new one on the server of a PostgreSQL URL."""
    if kind == "sqlite":
        yield "sqlite", f"sqlite:///{folder}/bench.sqlite3"
        return
    import psycopg2
    from psycopg2 import sql

    name = f"groundwork_bench_{uuid.uuid4().hex[:8]}"
    with contextlib.closing(psycopg2.connect(kind)) as connection:
        connection.autocommit = True
        connection.cursor().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield "postgresql", urlparse(kind)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.cursor().execute(drop)


def run_module(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    """``python -m WORDS`` in the installation's environment; what it prints is returned, errors go to ours."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, env=dict(env), cwd=ROOT, stdout=subprocess.PIPE, check=False)


def filled(env: Mapping[str, str], wish: Wish) -> list[dict[str, str]]:
    """Fill the installation's empty database; returns its people. Raises RuntimeError."""
    made = run_module(env, "benchmarks.crowd.world", wish_text(wish))
    if made.returncode:
        raise RuntimeError("the database could not be filled")
    found: list[dict[str, str]] = json.loads(made.stdout.decode().splitlines()[-1])["people"]
    return found


def embedded_env(database_url: str, folder: Path) -> dict[str, str]:
    """One machine, nothing installed but the database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "STORAGE_URL": f"file://{folder}/storage",
        "CELERY_BROKER_URL": f"filesystem://{folder}/broker",
        "GROUNDWORK_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
        "OMP_NUM_THREADS": "1",
    }


@contextlib.contextmanager
def embedded(env: Mapping[str, str], folder: Path) -> Iterator[Installation]:
    """The web process of the default."""
    with Processes(log_dir=folder / "log", env=env, platform=False, gpu=False) as processes:
        yield Installation(processes.url, {}, env, folder)


class Production:
    """``web`` and ``platform`` of the compose file as processes of this machine.

    ``values`` are what ``docker/.env`` would hold. Use as a context manager: whatever happens, nothing is left running.
    """

    def __init__(self, *, database_url: str, broker_url: str, folder: Path, **values: str) -> None:
        self.folder, self.port = folder, free_port()
        self.compose = Compose(**values)
        self._places = {
            "DATABASE_URL": database_url, "CELERY_BROKER_URL": broker_url, "STORAGE_URL": f"file://{folder}/storage",
            "REVIEW_LEASE_SECONDS": values.get("REVIEW_LEASE_SECONDS", "600"),
        }  # fmt: skip
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def env(self, service: str = "web") -> dict[str, str]:
        """The service's own environment with this machine's places; nothing of this process's but PATH."""
        moved = {name: self._moved(value) for name, value in (self.compose.environment(service) | self._places).items()}
        return {"PATH": os.environ["PATH"], **moved}

    def _moved(self, text: str) -> str:
        return text.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}").replace("/tmp", str(self.folder))

    def __enter__(self) -> Installation:
        try:
            for service in ("web", "platform"):
                self._start(service)
            self._wait()
        except BaseException:
            self.stop()
            raise
        return Installation(f"http://127.0.0.1:{self.port}", PROXY, self.env(), self.folder)

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _start(self, service: str) -> None:
        words = [self._moved(word) for word in self.compose.command(service)]
        env = self.env(service)
        # Ends with this process, however that ends.
        launcher = [sys.executable, "-m", "annotation.jobs.runtime.child", str(os.getpid()), sys.executable]
        (self.folder / "metrics").mkdir(exist_ok=True)
        with (self.folder / f"{service}.log").open("ab") as log:
            self._running[service] = subprocess.Popen(
                [*launcher, *words[1:]], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def log_tail(self, service: str) -> str:
        """The last of what it said."""
        return (self.folder / f"{service}.log").read_text(errors="replace")[-3000:]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._running["web"].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"web does not answer:\n{self.log_tail('web')}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as asked:
            try:
                asked.request("GET", "/health/live", headers={"Host": PROXY["Host"], "X-Forwarded-Proto": "https"})
                return asked.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what still runs after that."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()


@contextlib.contextmanager
def production(
    postgres: str, redis: str, folder: Path, wish: Wish, **values: str
) -> Iterator[tuple[Installation, list[dict[str, str]]]]:
    """A filled installation of its own on these servers and its people; at the end databases and processes are gone."""
    with own_database(postgres, folder) as (_, database_url), redis_database(redis) as broker_url:
        service = Production(database_url=database_url, broker_url=broker_url, folder=folder, **values)
        people = filled(service.env(), wish)
        with service as installation:
            yield installation, people
