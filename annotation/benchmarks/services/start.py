"""Ask for a benchmark of a frozen version."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun, BenchmarkStep
from annotation.benchmarks.services.follow import run_advance
from annotation.benchmarks.wishes import wish_check
from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.exports.formats.files import films_of, targets_of
from annotation.exports.formats.labels import labels_csv, labels_json
from annotation.exports.formats.manifest import manifest_csv
from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.exports.selectors import check_whole, label_history_get
from annotation.projects.guards import require_in_use, require_research
from annotation.projects.models import Project
from mlbackend.contracts import FINAL, LABELS_CSV, LABELS_JSON, MANIFEST_KEY, STEP_PLAN, BenchmarkWish


def benchmark_start(*, version: DatasetVersion, wish: BenchmarkWish, actor: User) -> BenchmarkRun:
    """Make a run and send its plan to a worker; what follows starts by itself.

    Precondition: the version is one that the actor may research. Raises NotAllowed, Conflict for an archived project,
    InvalidInput for a wish that cannot be fulfilled, Conflict where a label history is asked for that is not ready.
    """
    require_research(actor, version.project)
    require_in_use(version.project)
    check_whole(version)
    wish_check(wish, version)
    history = label_history_get(version) if set(wish.label_sets) - {FINAL} else None
    run_id = uuid.uuid4()
    # Before the rows: a worker may read it as soon as they are there. A file without a run is found by nobody.
    run = BenchmarkRun(id=run_id, project=version.project, version=version, wish=wish.to_json(), created_by=actor)
    blobs().write(run.prefix + MANIFEST_KEY, b"".join(_manifest(version)))
    if history is not None:
        blobs().write(run.prefix + LABELS_CSV, b"".join(labels_csv(version, history, by_key=True)))
        blobs().write(run.prefix + LABELS_JSON, labels_json(version, history))
    with transaction.atomic():
        # The numbers of a project are given out one by one.
        Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        last = BenchmarkRun.objects.filter(project=version.project).aggregate(last=Max("number"))["last"]
        run.number = (last or 0) + 1
        run.save(force_insert=True)
        BenchmarkStep.objects.create(run=run, index=0, key=STEP_PLAN, kind=STEP_PLAN)
        audit_record(
            "benchmark.start", run, actor=actor, project_id=run.project_id, number=run.number,
            version=version.number, wish=run.wish,
        )  # fmt: skip
        run_advance(run.pk)
    return run


def _manifest(version: DatasetVersion) -> Iterator[bytes]:
    """The export's manifest with storage keys in place of paths, and each film's id."""
    keys: dict[tuple[UUID, str], str] = {}

    def films() -> Iterator[tuple[UUID, list[DatasetItem]]]:
        for image_id, items in films_of(version):
            keys.clear()
            keys[image_id, ""] = items[0].row["rendition_key"]
            keys.update({(image_id, item.target): item.row["mask_key"] for item in items})
            yield image_id, items

    def mask(image_id: UUID, target: str) -> str:
        return keys[image_id, target]

    return manifest_csv(films(), targets_of(version), lambda image_id: keys[image_id, ""], mask, film_id=True)
