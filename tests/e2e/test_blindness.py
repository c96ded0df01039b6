"""Blindness measured: what the browser receives of 300 blind choices does not tell which network drew which mask.

The pixels are what is judged and are left out; all else is fed to two classifiers: ids, addresses, order, ties, header
names and values, entity tags, lengths, timing, the keys of the payloads.
"""

from __future__ import annotations

import hashlib
import io
import math
import time
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation.common.blobs import blobs
from annotation.images.models import ImageState
from annotation.masks.codec import decode_png, encode_png
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.reviews.models import Selection, TaskCandidate
from annotation.reviews.services import selection_tasks_create
from mlbackend.data.phantom import generate_film
from tests.e2e.blind import NETWORKS, drawn_by, one_of_six
from tests.factories import (
    ImageFactory,
    MaskFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    ReviewBatchFactory,
    member,
    token_for,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SELECTIONS = 300
SIDE = 96
DEVIATIONS = 3.72
"""Of the normal distribution: one run in ten thousand lies above by chance."""
CHANCE = 1 / NETWORKS
BOUND = (SELECTIONS + DEVIATIONS * math.sqrt(SELECTIONS)) / (SELECTIONS * NETWORKS)
"""Share of panes that may be named rightly. A choice shows each network once, so that of a blind naming of its six
panes one is right on average, with a variance of at most 1: that of the fixed points of a permutation, a little more
than the binomial 5/6 of six independent guesses."""


def make_choices() -> tuple[Any, Any]:
    """A project with blind choices among six networks on 300 films; returns it and its reviewer."""
    project = ProjectFactory(state="running", slug="blind")
    batch = ReviewBatchFactory(project=project, number=1)
    models = [ModelVersionFactory(project=project, encoder=f"net{n}", purpose="candidate") for n in range(NETWORKS)]
    lungs = [generate_film(n, size=SIDE).mask_lung for n in range(30)]
    films = []
    for n in range(SELECTIONS):
        image = ImageFactory(width=SIDE, height=SIDE)
        film = ProjectImageFactory(project=project, image=image, state=ImageState.CHOSEN)
        masks = []
        for k, model in enumerate(models):
            pixels = drawn_by(k, lungs[n % len(lungs)], n)
            mask = MaskFactory(
                project=project, image=image, kind="candidate", model_version=model, pixels=pixels, confidence=0.9
            )
            # Workers write PNG each in their own way.
            file = io.BytesIO()
            PillowImage.fromarray(pixels).save(file, "PNG", compress_level=k + 1)
            blobs().write(mask.storage_key, file.getvalue())
            masks.append(mask)
        films.append((film, masks))
    selection_tasks_create(batch=batch, candidates=films, seed=7, tie_dsc=1.1)
    return project, member(project, Role.ANNOTATOR)


def bits_of(text: str) -> list[float]:
    """Any text as numbers: its length, and four bytes of its digest, the same for the same text."""
    return [float(len(text)), *(float(byte) for byte in hashlib.sha256(text.encode()).digest()[:4])]


def uuid_numbers(text: str) -> list[float]:
    """An id by its bytes: one that counts up, or holds a time, would tell the order in which networks drew."""
    return [float(byte) for byte in uuid.UUID(text).bytes]


PER_REQUEST = ("etag", "date", "x-request-id")
"""Headers that differ from answer to answer; what they say is told apart."""


def received(task: dict[str, Any], candidate: dict[str, Any], answer: Any, seconds: float, turn: int) -> list[float]:
    """All that came with one pane, as numbers; the pixels left out."""
    key = candidate["url"].split("/")[-2]
    ids = [one["url"].split("/")[-2] for one in task["candidates"]]
    headers = sorted((name.lower(), value) for name, value in answer.headers.items())
    values = dict(headers)
    return [
        float(candidate["position"]), float(candidate["tie"]), float(turn), float(sorted(ids).index(key)),
        float(task["candidates"].index(candidate)), float(len(candidate["url"])), *uuid_numbers(key),
        *bits_of(",".join(sorted(candidate))), *bits_of(",".join(name for name, _ in headers)),
        *bits_of(str([pair for pair in headers if pair[0] not in PER_REQUEST])), *bits_of(values["etag"]),
        *uuid_numbers(values["x-request-id"]),
        float(values["content-length"]), float(len(answer.content)), 1000 * seconds, math.log(seconds),
        *uuid_numbers(task["id"])[:4], *uuid_numbers(task["image"]["id"])[:4],
    ]  # fmt: skip


def test_what_is_received_of_300_choices_names_no_network(start_processes: Callable[..., Any]) -> None:
    httpx = pytest.importorskip("httpx")
    project, reviewer = make_choices()
    processes = start_processes(web=True, platform=False, gpu=False)
    http = httpx.Client(base_url=processes.url, timeout=60, headers={"Authorization": f"Bearer {token_for(reviewer)}"})
    rows, keys, tasks, pixels = [], [], [], {}
    same: set[str] = set()
    while len(tasks) < SELECTIONS * NETWORKS:
        given = http.post(f"/api/projects/{project.slug}/queue/next", json={"count": 10}).json()["tasks"]
        assert given, "the queue ran dry"
        for task in given:
            for turn, candidate in enumerate(task["candidates"]):
                started = time.perf_counter()
                answer = http.get(candidate["url"])
                seconds = time.perf_counter() - started
                assert answer.status_code == 200
                rows.append(received(task, candidate, answer, seconds, turn))
                key = candidate["url"].split("/")[-2]
                keys.append(key)
                pixels[key] = answer.content
                tasks.append(len(tasks) // NETWORKS)
                assert answer.headers["etag"] == f'"{key}"'
                same.add(str([pair for pair in answer.headers.items() if pair[0] not in PER_REQUEST]))
            body = {"idempotency_key": uuid.uuid4().hex, "lease_token": task["lease_token"], "active_seconds": 1}
            http.post(f"/api/tasks/{task['id']}/selection", json={**body, "decision": "deny"}).raise_for_status()
    assert len(same) == 1, "but for tag, date and the request's id all headers are the same, the length among them"
    assert Selection.objects.count() == SELECTIONS

    drew = {str(key): int(encoder[3:]) for key, encoder in Mask.objects.values_list("pk", "model_version__encoder")}
    network = np.array([drew[key] for key in keys])
    groups = np.array(tasks)
    order = TaskCandidate.objects.order_by().values_list("mask__model_version__encoder", "position").distinct().count()
    assert order == NETWORKS * NETWORKS, "each network stands at each place"
    named = one_of_six(np.array(rows), network, groups)
    assert all(share <= BOUND for share in named.values()), f"{named}, chance {CHANCE:.3f}, bound {BOUND:.3f}"

    # The control: what the padding takes away does tell, and the classifiers are able to learn it.
    lengths = np.array([[float(len(encode_png(decode_png(pixels[key]))))] for key in keys])
    told = one_of_six(lengths, network, groups)
    assert min(told.values()) > 2 * BOUND, f"without padding the lengths tell {told}"
    stored = {str(mask.pk): float(len(blobs().read(mask.storage_key))) for mask in Mask.objects.all()}
    told = one_of_six(np.array([[stored[key]] for key in keys]), network, groups)
    assert min(told.values()) > 2 * BOUND, f"the stored files' lengths tell {told}"
