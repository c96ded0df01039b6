"""The processes of docker/compose.yml, by its own commands and environments, on PostgreSQL, Redis and an S3 server."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import cv2
import numpy as np
import pytest
from django.db import connection
from moto.server import ThreadedMotoServer

from annotation.jobs.runtime import free_port
from tests.factories import ProjectFactory
from tests.support.compose import NEEDED, Compose
from tests.support.databases import database_url

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
HOST = NEEDED["GROUNDWORK_HOST"]


class Installation:
    """Services of the compose file as processes of this machine, in a folder of their own in place of /tmp."""

    def __init__(self, folder: Path, broker: str, store: str) -> None:
        self.folder, self.broker, self.store = folder, broker, store
        # A bucket of its own: the servers of one process share their buckets.
        self.bucket = f"films-{uuid4().hex[:12]}"
        few = {"WEB_PROCESSES": "1", "PLATFORM_PROCESSES": "1"}
        self.compose = Compose(AWS_ENDPOINT_URL=store, STORAGE_URL=f"s3://{self.bucket}", **few)
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, service: str) -> dict[str, str]:
        """The service's own environment with the hosts of this machine; nothing of this process's but PATH."""
        own = self.compose.environment(service)
        asked = {"DATABASE_URL": "postgres", "CELERY_BROKER_URL": "redis"}
        for name, host in asked.items():
            assert urlsplit(own.get(name, f"x://{host}")).hostname == host
        here = {"CELERY_BROKER_URL": self.broker, "AWS_ENDPOINT_URL": self.store}
        if "DATABASE_URL" in own:
            here["DATABASE_URL"] = database_url()
        moved = {name: self._moved(value) for name, value in (own | here).items()}
        return {"PATH": os.environ["PATH"], **moved}

    def _moved(self, text: str) -> str:
        for address in ("0.0.0.0:8000", "127.0.0.1:8000"):
            text = text.replace(address, f"127.0.0.1:{self.port}")
        return text.replace("/tmp", str(self.folder)).replace("/cache", str(self.folder / "cache"))

    def command(self, words: list[str]) -> list[str]:
        """A command of the compose file with this machine's interpreter and places."""
        assert words[0] == "python"
        return [sys.executable, *(self._moved(word) for word in words[1:])]

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``docker compose run platform python manage.py ...``."""
        return self._run("platform", [sys.executable, "manage.py", *words])

    def once(self, service: str, words: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the service's command, or another of the compose file, to its end."""
        return self._run(service, self.command(words or self.compose.command(service)))

    def _run(self, service: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(service), capture_output=True, text=True, check=False, timeout=120
        )

    def start(self, service: str) -> None:
        """Start the service and go on."""
        with self.log(service).open("ab") as log:
            self.running[service] = subprocess.Popen(
                self.command(self.compose.command(service)), cwd=ROOT, env=self.environment(service),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def log(self, service: str) -> Path:
        """Where its lines go."""
        return self.folder / f"{service}.log"

    def lines(self, service: str) -> list[dict[str, Any]]:
        """Its lines that are JSON."""
        return [json.loads(line) for line in self.log(service).read_text().splitlines() if line.startswith("{")]

    def wait_until_healthy(self, service: str, seconds: float = 90) -> None:
        """As docker compose does: ask by the service's own health check until it says yes."""
        deadline = time.monotonic() + seconds
        while (done := self.once(service, self.compose.health(service))).returncode:
            assert self.running[service].poll() is None, self.log(service).read_text()[-3000:]
            assert time.monotonic() < deadline, done.stdout + self.log(service).read_text()[-3000:]
            time.sleep(0.3)

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """What the web process answers, asked as the proxy asks for a browser."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        asked.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https", **headers})
        return asked.getresponse()

    def stop(self) -> None:
        """SIGTERM to all, as docker compose does, then SIGKILL to what still runs."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture
def installation(broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """Prepared, nothing started yet."""
    if connection.vendor != "postgresql" or not broker.startswith("redis"):
        pytest.skip("the compose file's own database and broker are PostgreSQL and Redis")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Installation(tmp_path, broker, f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, made.environment("web")[name])
    try:
        done = made.once("prepare")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"made the bucket of s3://{made.bucket}" in done.stdout
        yield made
    finally:
        made.stop()
        server.stop()


@pytest.fixture
def store(installation: Installation, settings: Any) -> Any:
    """The installation's storage, seen from the test."""
    from annotation.common.blobs import blobs
    from mlbackend import s3

    s3._client.cache_clear()
    settings.STORAGE_URL = installation.environment("web")["STORAGE_URL"]
    return blobs()


def test_web_and_platform_start_from_the_compose_file_and_an_imported_film_lies_in_the_store(
    installation: Installation, store: Any
) -> None:
    for service in ("web", "platform"):
        installation.start(service)
    for service in ("web", "platform"):
        installation.wait_until_healthy(service)
    ready = installation.get("/health/ready", **{"X-Request-ID": "from-the-proxy-1"})
    assert (ready.status, ready.headers["X-Request-ID"]) == (200, "from-the-proxy-1")
    assert json.loads(ready.read())["checks"] == dict.fromkeys(["database", "migrations", "broker", "storage"], "ok")
    assert installation.get("/").status == 200
    # Without the proxy's word that it was TLS, everything but health and metrics is sent there.
    assert installation.get("/", **{"X-Forwarded-Proto": "http"}).status == 301

    (installation.folder / "films.csv").write_text("image,patient_id\nfilm.png,PAT-77\n")
    film = np.random.default_rng(1).integers(0, 255, (96, 96), dtype=np.uint8)
    cv2.imwrite(str(installation.folder / "film.png"), film)
    ProjectFactory(slug="chest")
    films = str(installation.folder / "films.csv")
    imported = installation.manage("import_images", films, "--project", "chest", "--role", "pool")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    from annotation.images.models import Image

    image = Image.objects.get()
    pixels = cv2.imdecode(np.frombuffer(store.read(image.rendition_key), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(pixels, film)

    saved = installation.manage("backup", str(installation.folder / "backup"))
    assert saved.returncode == 0, saved.stdout + saved.stderr
    copy = installation.folder / "backup/storage" / image.rendition_key
    assert copy.read_bytes() == store.read(image.rendition_key)

    token = {"Authorization": f"Bearer {NEEDED['METRICS_TOKEN']}"}
    text = installation.get("/metrics", **token).read().decode()
    assert "groundwork_request_seconds_bucket" in text
    assert 'groundwork_worker_silent_seconds{worker="platform"}' in text
    assert installation.get("/metrics").status == 403

    assert all(line.startswith("{") for line in installation.log("web").read_text().splitlines())
    line = next(line for line in installation.lines("web") if line.get("request_id") == "from-the-proxy-1")
    assert (line["component"], line["view"], line["status"]) == ("web", "/health/ready", 200)
    for service in ("web", "platform"):
        assert "PAT-77" not in installation.log(service).read_text()


@pytest.mark.slow
def test_a_gpu_worker_started_from_the_compose_file_trains_and_its_log_names_the_request(
    installation: Installation, store: Any
) -> None:
    from annotation.jobs import handlers
    from annotation.jobs.models import JobStatus
    from annotation.jobs.services import ENDED, job_create
    from mlbackend.logs import bound
    from tests.support.films import store_films, train_request

    for service in ("platform", "cpu"):
        installation.start(service)
    installation.wait_until_healthy("cpu", 180)
    with bound(request="asked-by-somebody"):
        job = job_create(
            kind="train", handler=handlers.NOTHING, request=train_request(store_films(store, 16), epochs=1)
        )
    deadline = time.monotonic() + 400
    while job.status not in ENDED and time.monotonic() < deadline:
        time.sleep(0.5)
        job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, ""), installation.log("cpu").read_text()[-3000:]
    assert job.request_id == "asked-by-somebody"
    assert store.exists(job.result["weights_key"])
    for service, words in (
        ("cpu", "attempt 1 ends: succeeded"),
        ("platform", "train job, attempt 1: running -> succeeded"),
    ):
        line = next(line for line in installation.lines(service) if line["message"] == words)
        assert (line["request_id"], line["job_id"]) == ("asked-by-somebody", str(job.pk))
        assert line["component"] == {"cpu": "gpu"}.get(service, service)
