"""Two running projects alike in everything, with one object of every kind that an address can name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun
from annotation.common.blobs import blobs
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.findings.models import FindingSet, ProbabilityMap
from annotation.images.models import ImageRole
from annotation.jobs.models import JobKind, JobStatus
from annotation.masks.models import FilmImport
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.models import Membership, Project, Role
from annotation.projects.services import guide_write
from annotation.reviews.models import ReviewTask
from annotation.reviews.permissions import lease_token
from annotation.reviews.services import report_submit
from mlbackend.contracts import FilmFinding, FilmMap, FindingsResult, MapResult, Outcome, Shares
from tests.annotation.exports.world import settled
from tests.annotation.reviews.world import World, new_key, submission, verdict
from tests.factories import ImageFactory, JobFactory, ModelVersionFactory, member
from tests.support.pictures import film_hw, png_bytes

ROLES = [Role.ANNOTATOR, Role.PHYSICIAN, Role.ADMIN, Role.RESEARCHER]


class Side:
    """One of the projects: its people by actor, and ``names``, what stands for what in an address.

    ``first`` is the number of its dataset version, finding set and benchmarks: the sibling has others.
    """

    def __init__(self, slug: str, first: int, folder: Path) -> None:
        self.world = World(annotators=1)
        self.project = self.world.project
        Project.objects.filter(pk=self.project.pk).update(slug=slug, name=slug.title())
        self.project.refresh_from_db()
        self.people: dict[str, User] = {
            "annotator": self.world.annotator,
            "physician": self.world.physician,
            "researcher": self.world.researcher,
            "admin": self.world.admin,
        }
        # Whoever rules the sibling holds all of its roles, so that no right of any role reaches over.
        self.ruler = member(self.project, *ROLES, username=f"ruler-{slug}")
        self.leases: dict[str, str] = {}
        self.names: dict[str, Any] = {"slug": slug}
        guide_write(self.project, text="draw the lungs", author=self.world.admin)
        self._tasks()
        self._films(folder)
        self._frozen(first)
        self._looked_at(first)
        self.names["member"] = Membership.objects.get(project=self.project, user=self.world.other_physician).pk

    def _tasks(self) -> None:
        world, annotator, physician = self.world, self.world.annotator, self.world.physician
        plain, rejected, doubted, accepted, broken, selection, verification = [
            *world.verdicts(5), *world.selections(1), *world.verifications(1)
        ]  # fmt: skip
        world.lease(annotator, 10)
        correction = verdict(annotator, rejected, "reject").follow_up
        assert correction is not None
        verdict(annotator, doubted, "unsure", "is this a lung")
        verdict(annotator, accepted, "accept")
        report_submit(submission=submission(annotator, broken), comment="nothing comes")
        world.lease(physician, 10)
        adjudication = ReviewTask.objects.get(project=self.project, kind="adjudication")
        tasks = {
            "verdict": (plain, annotator),
            "correction": (correction, annotator),
            "adjudication": (adjudication, physician),
            "selection": (selection, annotator),
            "verification": (verification, physician),
            "accepted": (accepted, annotator),
        }
        for name, (task, holder) in tasks.items():
            self.names[name] = task.pk
            self.leases[name] = str(lease_token(holder, task))
        self.names["aside"] = broken.project_image.image_id
        self.names["read_film"] = plain.project_image.image_id
        assert plain.proposal is not None
        self.names["read_mask"] = plain.proposal.pk
        self.names["round"] = world.round.pk

    def _films(self, folder: Path) -> None:
        film = settled(self.project)
        self.names["image"] = film.image_id
        self.names["mask"] = film.image.masks.get().pk
        folder.mkdir()
        (folder / "film.png").write_bytes(png_bytes(film_hw(96, 128, hash(self.project.pk) % 1000)))
        (folder / "manifest.csv").write_text("image\nfilm.png\n")
        manifest_import(project=self.project, manifest=folder / "manifest.csv", role="pool", actor=self.world.admin)
        self.names["import_id"] = FilmImport.objects.get(project=self.project).pk
        waiting = self.project.project_images.get(state="waiting", role=ImageRole.POOL)
        self.names["pool_film"] = waiting.image_id

    def _frozen(self, first: int) -> None:
        if first > 1:
            DatasetVersion.objects.create(
                project=self.project, number=first - 1, projects=[], content_sha256="0" * 64, summary={}
            )
        version = dataset_freeze(projects=[self.project], actor=None, include_seeds=True)
        self.names["dataset"] = version.number
        states = {"benchmark": "finished", "running": "running", "stopped": "cancelled"}
        for number, (name, state) in enumerate(states.items(), start=first):
            run = BenchmarkRun.objects.create(
                project=self.project, version=version, number=number, wish={"config": "reduced"}, state=state,
                finished_at=None if state == "running" else timezone.now(),
            )  # fmt: skip
            blobs().write(f"{run.prefix}report/index.html", b"<!doctype html><title>Benchmark</title>")
            self.names[name] = number

    def _looked_at(self, first: int) -> None:
        model = ModelVersionFactory(project=self.project)
        self.names["model"] = model.pk
        film = str(self.names["image"])
        keys = [f"found/{film}-{what}.png" for what in ("lungs", "infection", "overlay")]
        for key in keys:
            blobs().write(key, b"png")
        found = FilmFinding(film, 500, True, 0.9, Shares(0.1, 0.1, None), *keys)
        result = FindingsResult("", 1, Outcome.SUCCEEDED, films=[found])
        job = JobFactory(
            kind=JobKind.FINDINGS, project_id=self.project.pk, context={"films": [film]},
            result=json.loads(json.dumps(result.to_json())),
        )  # fmt: skip
        self.names["finding"] = FindingSet.objects.create(
            project=self.project, number=first, lungs=model, job=job, created_by=self.world.researcher
        ).number
        drawn = MapResult("", 1, Outcome.SUCCEEDED, films=[FilmMap(film, 0.9, 0.1, keys[0], keys[1])])
        job = JobFactory(kind=JobKind.MAP, project_id=self.project.pk, result=json.loads(json.dumps(drawn.to_json())))
        self.names["map"] = ProbabilityMap.objects.create(
            project=self.project, image_id=self.names["image"], network=model, job=job
        ).pk
        self.names["job"] = JobFactory(
            project_id=self.project.pk, status=JobStatus.FAILED, error="memory was full", kind=JobKind.TRAIN
        ).pk

    def act(self, task: str, **body: Any) -> dict[str, Any]:
        """What comes with an act on the task, with the proof of whoever holds it."""
        return {"idempotency_key": new_key(), "lease_token": self.leases[task], "active_seconds": 2.0, **body}


def outside_film() -> Any:
    """A film of no project."""
    return ImageFactory().pk


MOVING = {"django_session", "accounts_opensession", "accounts_failedattempts"}
"""Sessions, when they were last used, and how often somebody guessed wrong."""


def digest() -> dict[str, Any]:
    """Every row of every table as the database gives it, by table; but for what a visit or a failure is to write."""
    tables = sorted(set(connection.introspection.table_names()) - MOVING)
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = [[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in cursor.fetchall()]
            found[table] = sorted(map(repr, rows))
        return found
