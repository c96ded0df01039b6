"""Review rounds a second: next + film + verdict in a closed loop, without thinking time, one connection a reviewer.

The same loop was measured on Label Studio 1.23.2 on a like machine (two cores shared by client and server, films of
512 x 512 pixels); its figures stand below for the ratio. Servers, databases and storage are the benchmark's own::

    python benchmarks/reviews.py --database sqlite --database postgres://me@127.0.0.1:5432/postgres
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SIZE = 512
REVIEWERS = (1, 10, 50)
LABEL_STUDIO: dict[tuple[str, int], float] = {
    ("postgresql", 1): 5.6,
    ("postgresql", 10): 8.9,
    ("postgresql", 50): 7.5,
    ("sqlite", 1): 7.0,
    ("sqlite", 10): 6.2,
}
"""Rounds a second of Label Studio 1.23.2 (gunicorn 2 x 8), measured for this project on two cores."""


def prepare(tasks: int, reviewers: int) -> dict[str, Any]:
    """Fill the empty database: a running project, people with tokens, and verdict tasks on distinct films."""
    import django

    django.setup()
    import hashlib

    import cv2
    import numpy as np
    from django.core.management import call_command
    from django.utils import timezone

    from annotation.accounts.models import User
    from annotation.accounts.services import token_issue
    from annotation.common.blobs import blobs
    from annotation.images.models import Image, ImageRole, ImageState, Patient, ProjectImage, Source
    from annotation.jobs.models import Job
    from annotation.masks.codec import encode_png
    from annotation.masks.models import Mask, MaskKind, ModelVersion
    from annotation.projects.models import Membership, Project, Role
    from annotation.projects.protocol import get_protocol
    from annotation.reviews.models import ReviewBatch, TaskKind
    from annotation.reviews.services import proposal_tasks_create
    from mlbackend.data.phantom import generate_film

    call_command("migrate", verbosity=0)
    project = Project.objects.create(
        slug="bench", name="Bench", target="lung", convention="heart_out", state="running",
        protocol=get_protocol("covid-qu").to_json(),
    )  # fmt: skip
    files = []
    for n in range(20):
        film = generate_film(n, size=SIZE)
        png, mask = cv2.imencode(".png", film.image)[1].tobytes(), encode_png(film.mask_lung)
        blobs().write(f"films/{n}.png", png)
        blobs().write(f"masks/{n}.png", mask)
        files.append((hashlib.sha256(mask).hexdigest(), int(np.count_nonzero(film.mask_lung))))
    source = Source.objects.create(name="phantom")
    patients = Patient.objects.bulk_create(Patient(identifier=f"bench {n}") for n in range(tasks))
    images = Image.objects.bulk_create(
        Image(
            patient=patient, source=source, sha256=f"{n:064x}", pixel_sha256=f"{n:064x}", perceptual_hash=f"{n:016x}",
            original_key=f"films/{n % 20}.png", rendition_key=f"films/{n % 20}.png", width=SIZE, height=SIZE,
        )
        for n, patient in enumerate(patients)
    )  # fmt: skip
    films = ProjectImage.objects.bulk_create(
        ProjectImage(project=project, image=image, role=ImageRole.POOL, state=ImageState.CHOSEN) for image in images
    )
    job = Job.objects.create(
        kind="train", status="succeeded", attempt=1, handler="bench", request={}, finished_at=timezone.now(),
        handled_at=timezone.now(),
    )  # fmt: skip
    model = ModelVersion.objects.create(
        project=project, job=job, architecture="unet", encoder="resnet18", purpose="initial", round_number=1,
        image_size=256, weights_key="none", weights_sha256="0" * 64, validation_dsc=0.9,
    )  # fmt: skip
    masks = Mask.objects.bulk_create(
        Mask(
            project=project, image=image, kind=MaskKind.CANDIDATE, storage_key=f"masks/{n % 20}.png",
            sha256=files[n % 20][0], width=SIZE, height=SIZE, foreground_pixels=files[n % 20][1],
            convention="heart_out", model_version=model,
        )
        for n, image in enumerate(images)
    )  # fmt: skip
    batch = ReviewBatch.objects.create(project=project, number=1, name="II.1")
    proposal_tasks_create(
        batch=batch, proposals=list(zip(films, masks, strict=True)), kind=TaskKind.VERDICT, role=Role.ANNOTATOR
    )
    tokens = []
    for n in range(reviewers):
        person = User.objects.create(username=f"reviewer{n}")
        Membership.objects.create(project=project, user=person, role=Role.ANNOTATOR)
        tokens.append(token_issue(person, "bench")[0])
    return {"tokens": tokens}


class Reviewer(threading.Thread):
    """One person without thinking time on one connection."""

    def __init__(self, url: str, token: str, until: float) -> None:
        super().__init__(daemon=True)
        place = urlparse(url)
        self.connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.until = until
        self.times: dict[str, list[float]] = defaultdict(list)
        self.rounds: list[float] = []
        self.tasks: list[str] = []
        self.errors: list[str] = []

    def ask(self, name: str, method: str, path: str, body: Any = None) -> bytes:
        """One request, timed by name."""
        started = time.perf_counter()
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers if data is None else {**self.headers, "Content-Type": "application/json"}
        self.connection.request(method, path, data, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.times[name].append(time.perf_counter() - started)
        if answer.status >= 400:
            raise RuntimeError(f"{name}: {answer.status} {content[:300]!r}")
        return content

    def run(self) -> None:
        """Work until the time is over or nothing is left."""
        try:
            while time.perf_counter() < self.until:
                started = time.perf_counter()
                tasks = json.loads(self.ask("next", "POST", "/api/projects/bench/queue/next", {"count": 1}))["tasks"]
                if not tasks:
                    raise RuntimeError("the queue is empty: make more tasks")
                task = tasks[0]
                self.ask("image", "GET", task["image"]["pixels"])
                verdict = {
                    "decision": "accept",
                    "idempotency_key": uuid.uuid4().hex,
                    "lease_token": task["lease_token"],
                    "active_seconds": 1.0,
                }
                self.ask("verdict", "POST", f"/api/tasks/{task['id']}/verdict", verdict)
                self.tasks.append(task["id"])
                self.rounds.append(time.perf_counter() - started)
        except Exception as error:
            self.errors.append(repr(error))


def measure(url: str, tokens: list[str], reviewers: int, seconds: float) -> dict[str, Any]:
    """Rounds a second and milliseconds by request of so many reviewers at once."""
    started = time.perf_counter()
    people = [Reviewer(url, token, started + seconds) for token in tokens[:reviewers]]
    for person in people:
        person.start()
    for person in people:
        person.join()
    wall = time.perf_counter() - started
    errors = [error for person in people for error in person.errors]
    if errors:
        raise RuntimeError(f"{len(errors)} reviewers failed; the first: {errors[0]}")
    tasks = [task for person in people for task in person.tasks]
    if len(set(tasks)) != len(tasks):
        raise RuntimeError("a task went to two reviewers")
    times = defaultdict(list)
    for person in people:
        for name, values in person.times.items():
            times[name] += values
    return {
        "reviewers": reviewers,
        "rounds": len(tasks),
        "rounds_per_second": len(tasks) / wall,
        "ms": {name: [quantile(values, 0.5), quantile(values, 0.95)] for name, values in times.items()},
    }


def quantile(seconds: list[float], share: float) -> float:
    """Milliseconds."""
    if len(seconds) < 2:
        return 1000 * seconds[0]
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[round(share * 100) - 1]


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


def bench(kind: str, seconds: float, counts: list[int], tasks: int) -> list[dict[str, Any]]:
    """All numbers of reviewers on one database."""
    from annotation.jobs.runtime import Processes

    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as name:
        folder = Path(name)
        with own_database(kind, folder) as (database, url):
            env = {
                "DATABASE_URL": url,
                "STORAGE_URL": f"file://{folder}/storage",
                "CELERY_BROKER_URL": f"filesystem://{folder}/broker",
                "GROUNDWORK_DATA_DIR": str(folder / "data"),
                "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
                "OMP_NUM_THREADS": "1",
            }
            command = [sys.executable, __file__, "--prepare", str(tasks), "--people", str(max(counts))]
            made = subprocess.run(command, env={**os.environ, **env}, check=True, stdout=subprocess.PIPE, cwd=ROOT)
            tokens = json.loads(made.stdout.decode().splitlines()[-1])["tokens"]
            found = []
            with Processes(log_dir=folder / "log", env=env, platform=False, gpu=False) as processes:
                measure(processes.url, tokens, 1, 1.0)
                for count in counts:
                    result = {"database": database, **measure(processes.url, tokens, count, seconds)}
                    peer = LABEL_STUDIO.get((database, count))
                    result["label_studio"] = peer
                    result["ratio"] = result["rounds_per_second"] / peer if peer else None
                    show(result)
                    found.append(result)
            return found


def show(result: dict[str, Any]) -> None:
    """One line a measurement."""
    times = "  ".join(f"{name} {low:.0f} / {high:.0f}" for name, (low, high) in sorted(result["ms"].items()))
    peer = f"  Label Studio {result['label_studio']}: x{result['ratio']:.1f}" if result["ratio"] else ""
    print(
        f"{result['database']:>10} {result['reviewers']:>3} reviewers {result['rounds_per_second']:7.1f} rounds/s  "
        f"p50 / p95 ms: {times}{peer}",
        flush=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", help="sqlite, or a PostgreSQL URL that may make databases")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--reviewers", type=int, action="append", help="how many at once; may be given several times")
    parser.add_argument("--tasks", type=int, default=6000)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--people", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        print(json.dumps(prepare(args.prepare, args.people)))
        return
    results = []
    for kind in args.database or ["sqlite"]:
        results += bench(kind, args.seconds, args.reviewers or list(REVIEWERS), args.tasks)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
