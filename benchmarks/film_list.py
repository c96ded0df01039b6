"""The films' browser: how fast any place of any order of its list comes, on SQLite and PostgreSQL, over HTTP.

Makes 10,000 and 34,000 rows of films that share a few pixel files, and asks for pages of 100 at random places of each
order, with and without filters, for a researcher and for one who is a reader too::

    python -m benchmarks film_list
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd.load import quantile  # noqa: E402
from benchmarks.crowd.serving import own_database  # noqa: E402
from tests.support.servers import find_postgres  # noqa: E402

PICTURES, SIZE = 20, 512
PASSWORD = "a password for the bench"
ORDERS = ("newest", "worst_quality", "most_disagreement")
FILTERS = ("", "&state=settled", "&label=normal&quality=low", "&provenance=accepted", "&round=III")


def prepare(count: int) -> dict[str, Any]:
    """Fill the empty database: films of all roles and states, masks by networks, truths, a batch that is being read."""
    import django

    django.setup()
    import cv2
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from annotation.accounts.models import User
    from annotation.accounts.services import token_issue
    from annotation.common.blobs import blobs
    from annotation.images.models import Image, Patient, ProjectImage, Source
    from annotation.images.thumbnails import thumbnail_key, thumbnail_make
    from annotation.jobs.models import Job
    from annotation.masks.codec import encode_png
    from annotation.masks.models import Mask, MaskKind, ModelVersion
    from annotation.masks.outlines import outline_key, outline_make
    from annotation.projects.models import Membership, Project, Role
    from annotation.projects.protocol import get_protocol
    from annotation.reviews.models import ReviewBatch, ReviewTask
    from annotation.rounds.models import RepositoryEntry, Round, RoundFilm
    from mlbackend.data.phantom import generate_film

    call_command("migrate", verbosity=0)
    rng = random.Random(1)
    project = Project.objects.create(
        slug="bench", name="Bench", target="lung", convention="heart_out", state="running",
        protocol=get_protocol("covid-qu").to_json(),
    )  # fmt: skip
    for n in range(PICTURES):
        film = generate_film(n, size=SIZE)
        blobs().write(f"films/{n}.png", cv2.imencode(".png", film.image)[1].tobytes())
        blobs().write(f"masks/{n}.png", encode_png(film.mask_lung))
        blobs().write(f"thumbnails/{n}.jpg", thumbnail_make(film.image))
        blobs().write(f"outlines/{n}.png", outline_make(film.mask_lung))
    sources = [Source.objects.create(name=f"hospital {n}") for n in range(8)]
    patients = Patient.objects.bulk_create(Patient(identifier=f"bench {n}") for n in range(count))
    images = [
        Image(
            patient=patient, source=rng.choice(sources), sha256=f"{n:064x}", pixel_sha256=f"{n:064x}",
            perceptual_hash=f"{n:016x}", original_key=f"films/{n % PICTURES}.png", width=SIZE, height=SIZE,
            rendition_key=f"films/{n % PICTURES}.png", label=rng.choice(["normal", "COVID-19", "pneumonia"]),
            view=rng.choice(["PA", "AP", ""]), quality_tier=rng.choice(["low", "medium", "high"]),
            quality={"snr_db": round(rng.uniform(20, 60), 5), "contrast": 0.5, "noise": 0.01, "sharpness": 0.01},
            features=[round(rng.random(), 6) for _ in range(64)], metadata={"device": "portable", "kvp": "90"},
        )
        for n, patient in enumerate(patients)
    ]  # fmt: skip
    Image.objects.bulk_create(images, batch_size=500)
    films = [
        ProjectImage(
            project=project, image=image, role="seed" if n < count // 4 else "pool", confidence=rng.random(),
            state="settled" if n < count // 2 else "chosen" if n % 3 else "waiting", disagreement=rng.random(),
        )
        for n, image in enumerate(images)
    ]  # fmt: skip
    ProjectImage.objects.bulk_create(films, batch_size=2000)
    ended = timezone.now()
    done: dict[str, Any] = {"status": "succeeded", "attempt": 1, "handler": "bench", "request": {}}
    models = [
        ModelVersion.objects.create(
            project=project, job=Job.objects.create(kind="train", finished_at=ended, handled_at=ended, **done),
            architecture="unet", encoder="resnet18", purpose="candidate", round_number=1, image_size=256,
            weights_key="none", weights_sha256="0" * 64, validation_dsc=0.9,
        )
        for _ in range(6)
    ]  # fmt: skip
    masks = [
        Mask(
            project=project, image=film.image, kind=MaskKind.CANDIDATE, storage_key=f"masks/{n % PICTURES}.png",
            sha256="0" * 64, width=SIZE, height=SIZE, foreground_pixels=1, convention="heart_out", model_version=model,
        )
        for n, film in enumerate(films)
        for model in (models if film.state == "chosen" else models[:1])
    ]  # fmt: skip
    Mask.objects.bulk_create(masks, batch_size=2000)
    first = {mask.image_id: mask for mask in reversed(masks)}
    settled = [film for film in films if film.state == "settled"]
    RepositoryEntry.objects.bulk_create(
        RepositoryEntry(
            project=project, project_image=film, mask=first[film.image_id], version=1, round_number=1,
            provenance=rng.choice(["accepted", "corrected", "picked"]) if film.role == "pool" else "seed",
        )
        for film in settled
    )  # fmt: skip
    batch = ReviewBatch.objects.create(project=project, number=1, name="III")
    round_ = Round.objects.create(project=project, number=1, name="III", stage=2, kind="selection", batch=batch)
    chosen = [film for film in films if film.state == "chosen"]
    RoundFilm.objects.bulk_create(RoundFilm(round=round_, project_image=film, order=n) for n, film in enumerate(chosen))
    ReviewTask.objects.bulk_create(
        ReviewTask(
            batch=batch, project=project, project_image=film, kind="selection", role=Role.ANNOTATOR, order=n
        )
        for n, film in enumerate(chosen)
    )  # fmt: skip
    tokens = {}
    for name, roles in {"researcher": ["researcher"], "reader too": ["researcher", "annotator"]}.items():
        person = User.objects.create_user(name.replace(" ", "-"), password=PASSWORD)
        for role in roles:
            Membership.objects.create(project=project, user=person, role=role)
        tokens[name] = token_issue(person, "bench")[0]
    with connection.cursor() as cursor:
        # What PostgreSQL does by itself after a while, and SQLite when it is asked.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    storage = Path(os.environ["STORAGE_URL"].removeprefix("file://"))
    for n, image in enumerate(images):
        os.link(storage / f"thumbnails/{n % PICTURES}.jpg", storage / thumbnail_key(image.pk))
    for n, mask in enumerate(masks):
        os.link(storage / f"outlines/{n % PICTURES}.png", storage / outline_key(mask.pk))
    return {"tokens": tokens}


@contextlib.contextmanager
def served(kind: str, count: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Database's name, server's URL and tokens of a project of so many films."""
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
            command = [sys.executable, "-m", "benchmarks.film_list", "--prepare", str(count)]
            made = subprocess.run(command, env={**os.environ, **env}, check=True, stdout=subprocess.PIPE, cwd=ROOT)
            tokens = json.loads(made.stdout.decode().splitlines()[-1])["tokens"]
            with Processes(log_dir=folder / "log", env=env, platform=False, gpu=False) as processes:
                yield database, processes.url, tokens


def ask(connection: http.client.HTTPConnection, token: str, path: str) -> tuple[float, Any]:
    """Seconds of one request, and its answer."""
    started = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
    return seconds, json.loads(content) if "json" in answer.headers["Content-Type"] else content


def measure(kind: str, count: int, turns: int) -> list[dict[str, Any]]:
    """Milliseconds at the median and at p95, by what was asked."""
    rows = []

    def show(who: str, what: str, times: list[float]) -> None:
        row = {"who": who, "what": what, "p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}
        rows.append({**row, "database": database, "films": count})
        print(
            f"{database:>10} {count:>6} films {who:>11} {what:<24} p50 {row['p50']:6.1f} ms  p95 {row['p95']:6.1f} ms",
            flush=True,
        )

    with served(kind, count) as (database, url, tokens):
        place = urlparse(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        rng = random.Random(2)
        base = "/api/projects/bench/films"
        for who, token in tokens.items():
            cases: dict[str, list[str]] = {f"order {order}": [f"order={order}"] for order in ORDERS}
            cases |= {f"filter {text[1:]}": [f"order={order}{text}" for order in ORDERS] for text in FILTERS if text}
            for name, texts in cases.items():
                total = ask(connection, token, f"{base}?{texts[0]}&limit=1")[1]["count"]
                times = []
                for turn in range(turns):
                    at = f"{texts[turn % len(texts)]}&limit=100&offset={rng.randrange(max(1, total))}"
                    times.append(ask(connection, token, f"{base}?{at}")[0])
                show(who, name, times)
            narrowed = [text[1:] for text in FILTERS]
            show(who, "counts", [ask(connection, token, f"{base}/counts?{text}")[0] for text in narrowed * 3])
        cards = ask(connection, tokens["researcher"], f"{base}?limit=100")[1]["results"]
        for what in ("thumbnail", "outline"):
            show("", what, [ask(connection, tokens["researcher"], card[what])[0] for card in cards])
    return rows


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, action="append", help="how many; may be given several times")
    parser.add_argument("--database", action="append", help="sqlite, or a PostgreSQL URL that may make databases")
    parser.add_argument("--turns", type=int, default=100, help="requests of each kind")
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        print(json.dumps(prepare(args.prepare)))
        return
    postgres = find_postgres() if args.database is None else None
    for kind in args.database or ["sqlite", *([postgres] if postgres else [])]:
        for count in args.films or [10_000, 34_000]:
            measure(kind, count, args.turns)


if __name__ == "__main__":
    main()
