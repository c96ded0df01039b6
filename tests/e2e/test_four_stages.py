"""One project through all four stages over HTTP, against running web and workers, as four people would work it."""

from __future__ import annotations

import csv
import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotation.accounts.models import User
from annotation.jobs.runtime import Processes
from mlbackend.data.phantom import write_set
from tests.e2e.people import PASSWORD, Person, Reviewer, SignedIn, corrected

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SLUG = "lungs"
SEEDS, POOL = 12, 14
SECONDS = 420
NOW = {"undo_grace_seconds": 0}
SMALL = [{"architecture": name, "encoder": "resnet18"} for name in ("unet", "unetplusplus", "fpn")]
PROTOCOL: dict[str, Any] = {
    "training": {
        "image_size": 32, "epochs": 1, "batch_size": 4, "learning_rate": 1e-3, "encoder_weights": "none",
        "precision": "fp32", "threads": 1,
    },
    "I": {"networks": SMALL[:2], "minimum_seeds": 5},
    "II": {"batch_size": 4, "total": 8, **NOW},
    "III": {"networks": SMALL, **NOW},
    "IV": {"fraction": 0.3, **NOW},
}  # fmt: skip
# What networks trained for one epoch draw may be nothing at all, which no lung filter would let through.
PROTOCOL["postprocess"] = "none"


def zipped(folder: Path, rows: slice) -> bytes:
    """A ZIP of some rows of the set in ``folder`` with a manifest of their own."""
    with (folder / "manifest.csv").open(newline="") as handle:
        reader = csv.DictReader(handle)
        names, chosen = list(reader.fieldnames or []), list(reader)[rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(chosen)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.csv", text.getvalue())
        for row in chosen:
            for column in ("image", "mask_lung"):
                archive.write(folder / row[column], row[column])
    return out.getvalue()


class House:
    """A running installation with its four people."""

    def __init__(self, processes: Processes, tmp_path: Path) -> None:
        self.processes = processes
        self.folder = write_set(tmp_path / "films", SEEDS + POOL, seed=3, size=64).parent
        User.objects.create_superuser("root", "root@example.org", PASSWORD)
        root = SignedIn(processes.url, "root")
        for name in ("annotator", "physician", "admin", "researcher"):
            root.post("/people", {"username": name, "password": PASSWORD, "is_staff": name == "admin"})
        self.admin = Person(processes.url, "admin")
        self.admin.post(
            "/projects",
            {
                "slug": SLUG, "name": "Lungs", "target": "lung", "convention": "heart_out",
                "protocol": "covid-qu", "overrides": PROTOCOL, "random_seed": 5,
            },
        )  # fmt: skip
        for name in ("annotator", "physician", "researcher"):
            self.admin.post(f"/projects/{SLUG}/members", {"username": name, "role": name})
        self.annotator = Reviewer(processes.url, "annotator", SLUG)
        self.physician = Reviewer(processes.url, "physician", SLUG)
        self.researcher = Person(processes.url, "researcher")

    def add(self, role: str, rows: slice) -> None:
        """Import films by upload, twice: the second time adds nothing."""
        files = {"file": ("films.zip", zipped(self.folder, rows), "application/zip")}
        first = self.admin.ask("POST", f"/projects/{SLUG}/imports", data={"role": role}, files=files)
        again = self.admin.ask("POST", f"/projects/{SLUG}/imports", data={"role": role}, files=files)
        assert first != again, "the report says that nothing was new"

    def wait(self, done: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Follow the project's progress until it is as wanted."""
        deadline = time.monotonic() + SECONDS
        while True:
            self.processes.check()
            progress: dict[str, Any] = self.admin.get(f"/projects/{SLUG}/progress")
            if done(progress):
                return progress
            current = progress["current"]
            assert not current or current["state"] != "failed", current
            if time.monotonic() > deadline:
                tails = "\n".join(f"== {part}\n{self.processes.log_tail(part)}" for part in self.processes.parts)
                pytest.fail(f"waited {SECONDS} s for {what}: {current}\n{tails}")
            time.sleep(0.3)

    def wait_for_review(self, name: str) -> dict[str, Any]:
        """Wait until the round of this name is in review."""
        return self.wait(
            lambda p: bool(p["current"]) and p["current"]["name"] == name and p["current"]["step"]
            and p["current"]["step"]["kind"] == "review" and p["current"]["step"]["state"] == "running",
            f"review in round {name}",
        )  # fmt: skip


def first_batch(house: House) -> None:
    """Each verdict once: reject and correct, unsure with advice, exclude with replacement, accept, and an undo."""
    annotator, physician = house.annotator, house.physician
    tasks = annotator.next(count=4)
    assert [task["kind"] for task in tasks] == ["verdict"] * 4
    seen = [annotator.look(task) for task in tasks]

    annotator.act(tasks[0], "verdict", decision="exclude", comment="not a chest")
    again = annotator.undo(tasks[0])
    follow = annotator.act(again, "verdict", decision="reject")["follow_up"]
    drawn = corrected(seen[0]["masks"][0], seen[0]["film"])
    annotator.look(follow)
    annotator.act(follow, "correction", mask=drawn)
    annotator.post(f"/tasks/{tasks[0]['id']}/undo", {"idempotency_key": "a-key-of-its-own"}, status=409)

    annotator.act(tasks[1], "verdict", decision="unsure", comment="where does it end?")
    annotator.act(tasks[2], "verdict", decision="exclude", comment="rotated")
    annotator.act(tasks[3], "verdict", decision="accept")

    (asked,) = physician.next()
    assert (asked["kind"], asked["words"]) == (
        "adjudication",
        [{"decision": "unsure", "comment": "where does it end?"}],
    )
    physician.look(asked)
    marks = [[[3, 4], [5, 6]]]
    physician.act(asked, "adjudication", decision="advise", comment="at the costophrenic angle", marks=marks)
    (advised,) = annotator.next()
    assert advised["advice"] == {"comment": "at the costophrenic angle", "marks": marks}
    view = annotator.look(advised)
    annotator.act(advised, "correction", mask=corrected(view["masks"][0], view["film"]))

    house.wait(
        lambda p: annotator.get(f"/projects/{SLUG}/queue")["waiting"]["verdict"] == 1, "a film for the excluded one"
    )
    (replacement,) = annotator.next()
    annotator.look(replacement)
    annotator.act(replacement, "verdict", decision="accept")


def second_batch(house: House) -> None:
    for task in house.annotator.next(count=10):
        view = house.annotator.look(task)
        follow = house.annotator.act(task, "verdict", decision="reject")["follow_up"]
        house.annotator.act(follow, "correction", mask=corrected(view["masks"][0], view["film"]))


def blind_choice(house: House) -> int:
    """Pick on each film but the first, which is denied; returns how many were picked."""
    picked = 0
    while tasks := house.annotator.next():
        (task,) = tasks
        assert (task["kind"], task["proposal"]) == ("selection", None)
        view = house.annotator.look(task)
        assert len(view["masks"]) == len(SMALL)
        if not house.annotator.did["selection:deny"]:
            house.annotator.act(task, "selection", decision="deny")
        else:
            house.annotator.act(task, "selection", decision="pick", position=1)
            picked += 1
    return picked


def denied_batch(house: House) -> None:
    (task,) = house.annotator.next()
    view = house.annotator.look(task)
    follow = house.annotator.act(task, "verdict", decision="reject")["follow_up"]
    house.annotator.act(follow, "correction", mask=corrected(view["masks"][0], view["film"]))


def verification(house: House) -> None:
    """The MD confirms all but the first, which he corrects."""
    first = True
    while tasks := house.physician.next():
        (task,) = tasks
        assert task["kind"] == "verification"
        view = house.physician.look(task)
        if first or not view["masks"][0].any():
            house.physician.act(
                task, "verification", mask=~corrected(view["masks"][0], view["film"]), decision="correct"
            )
        else:
            house.physician.act(task, "verification", decision="confirm")
        first = False


def check_dataset(house: House) -> None:
    """Frozen by the researcher: sums fit, masks are those that people made, the excluded film and the seeds are out."""
    version = house.researcher.post(f"/projects/{SLUG}/datasets", {}, status=201)
    assert version["films"] == POOL - 1
    data = house.researcher.get(f"/projects/{SLUG}/datasets/{version['number']}/download")
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = {Path(name).name: name for name in archive.namelist()}
    root = names["SHA256SUMS"].removesuffix("SHA256SUMS")
    sums = [line.split(maxsplit=1) for line in archive.read(names["SHA256SUMS"]).decode().splitlines()]
    assert {root + name.lstrip("*") for _, name in sums} == set(archive.namelist()) - {names["SHA256SUMS"]}
    for digest, name in sums:
        assert hashlib.sha256(archive.read(root + name.lstrip("*"))).hexdigest() == digest
    rows = list(csv.DictReader(io.StringIO(archive.read(names["manifest.csv"]).decode())))
    assert len(rows) == POOL - 1
    for row in rows:
        film = np.asarray(Image.open(io.BytesIO(archive.read(root + row["image"]))))
        mask = np.asarray(Image.open(io.BytesIO(archive.read(root + row["mask_lung"]))))
        assert film.shape == mask.shape == (64, 64)
    again = house.researcher.get(f"/projects/{SLUG}/datasets/{version['number']}/download")
    assert hashlib.sha256(again).digest() == hashlib.sha256(data).digest()
    house.annotator.get(f"/projects/{SLUG}/datasets", status=403)


def check_reports(house: House, picked: int) -> None:
    """What the researcher reads, and what the reviewers do not."""
    progress = house.researcher.get(f"/projects/{SLUG}/progress")
    assert [stage["state"] for stage in progress["stages"]] == ["done"] * 4
    assert progress["films"]["roles"] == {"seed": {"settled": SEEDS}, "pool": {"settled": POOL - 1, "excluded": 1}}
    effort = {batch["batch"]: batch for batch in progress["effort"]}
    assert list(effort) == ["II.1", "II.2", "III", "III.denied", "IV"]
    assert (effort["II.1"]["accepted"]["count"], effort["II.1"]["accepted"]["of"]) == (2, 5)
    spent = house.annotator.seconds + house.physician.seconds
    assert sum(batch["active_seconds"] for batch in progress["effort"]) == pytest.approx(spent)
    (picks,) = progress["picks"]
    assert picks["picks"] == picked
    assert sum(network["picks"] for network in picks["networks"]) == pytest.approx(picked)
    assert progress["verification"]["corrected"] >= 1
    assert house.annotator.get(f"/projects/{SLUG}/progress")["picks"] is None
    models = house.researcher.get(f"/projects/{SLUG}/models")
    assert [model["purpose"] for model in models].count("candidate") == len(SMALL)
    card = house.researcher.get(f"/models/{models[-1]['id']}")["card"]
    assert card
    film = next(row for row in house.researcher.get(f"/projects/{SLUG}/images", params={"limit": 100})["results"]
                if row["state"] == "excluded")  # fmt: skip
    history = house.researcher.get(f"/projects/{SLUG}/films/{film['id']}/history")
    assert history["exclusion_reason"] == "rotated"
    assert [act["decision"] for task in history["tasks"] for act in task["acts"]] == ["exclude"]
    jobs = house.admin.get(f"/projects/{SLUG}/jobs", params={"limit": 100})
    assert {job["status"] for job in jobs["results"]} == {"succeeded"}


def test_four_people_take_one_project_through_all_four_stages(
    start_processes: Callable[..., Processes], tmp_path: Path
) -> None:
    house = House(start_processes(web=True), tmp_path)
    house.add("seed", slice(0, SEEDS))
    house.add("pool", slice(SEEDS, SEEDS + POOL))
    assert house.admin.post(f"/projects/{SLUG}/start")["state"] == "running"
    house.admin.post(f"/projects/{SLUG}/start", status=409)

    house.wait_for_review("II.1")
    first_batch(house)
    house.wait_for_review("II.2")
    house.admin.post(f"/projects/{SLUG}/pause")
    house.annotator.post(f"/projects/{SLUG}/queue/next", {}, status=409)
    house.admin.post(f"/projects/{SLUG}/resume")
    second_batch(house)
    house.wait_for_review("III")
    picked = blind_choice(house)
    assert picked == POOL - 1 - 8 - 1
    house.wait_for_review("III.denied")
    denied_batch(house)
    house.wait_for_review("IV")
    verification(house)
    # A corrected share above the limit reopens its stratum: the MD is asked for the rest of it too.
    while (
        house.wait(
            lambda p: (
                p["state"] == "finished" or house.physician.get(f"/projects/{SLUG}/queue")["waiting"]["verification"]
            ),
            "the end",
        )["state"]
        != "finished"
    ):
        verification(house)

    check_reports(house, picked)
    check_dataset(house)
