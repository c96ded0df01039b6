"""What became of each film: reckoned from its acts alone, compared with what the platform says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.ledger import Film, Said, dsc, paths, standing

STATES = {
    "accepted": "settled", "corrected": "settled", "adjudicated": "settled", "drawn": "settled", "picked": "settled",
    "confirmed": "settled", "verified_corrected": "settled", "excluded": "excluded", "denied": "denied",
}  # fmt: skip
"""A film's state by its outcome; one that waits is chosen, or settled where it waits for its verification."""


def current(rows: Iterable[Any]) -> dict[Any, Any]:
    """The act that stands, by task; rows of one kind of act, ``supersedes_id`` names what a row withdraws."""
    rows = sorted((row for row in rows if row.counts), key=lambda row: row.sequence)
    withdrawn = {row.supersedes_id for row in rows}
    return {row.task_id: row for row in rows if row.decision != "withdrawn" and row.pk not in withdrawn}


def check_films(project: Any, acts: dict[str, list[Any]]) -> list[str]:
    """Tasks, states and truths of all films against their acts; what differs, in words."""
    from annotation.images.models import ProjectImage
    from annotation.reviews.models import ReviewTask
    from annotation.rounds.models import RepositoryEntry

    stands = {row.task_id: row for kind, rows in acts.items() if kind != "report" for row in current(rows).values()}
    tasks: dict[Any, list[Any]] = defaultdict(list)
    found: list[str] = []
    for task in ReviewTask.objects.filter(project=project).exclude(state="cancelled"):
        if (task.state == "done") != (task.pk in stands):
            found.append(f"task {task.pk} is {task.state}, its act says otherwise")
        elif task.state == "done" and task.done_by_id != stands[task.pk].actor_id:
            found.append(f"task {task.pk} names another person than its act")
        if not task.is_probe and task.repeat_of_id is None:
            tasks[task.project_image_id].append(task)
    truths = defaultdict(list)
    for entry in RepositoryEntry.objects.filter(project=project, superseded_at=None):
        truths[entry.project_image_id].append(entry)
    for film in ProjectImage.objects.filter(project=project, pk__in=tasks):
        found += _check_film(film, tasks[film.pk], truths[film.pk], stands)
    return found


def _check_film(film: Any, tasks: list[Any], truths: list[Any], stands: dict[Any, Any]) -> list[str]:
    places = paths((task.pk, task.parent_id, task.kind, task.replica) for task in tasks)
    roots = [task for task in tasks if task.parent_id is None]
    kind = roots[0].kind
    asked = Film(kind, roots[0].proposal_id, len(roots), roots[0].corrections, _alike(roots[0]))
    said = {places[task]: _said(stands[task]) for task in places if task in stands}
    should = standing(asked, said)
    waiting = sorted(places[task.pk] for task in tasks if task.state != "done")
    verified = kind == "verification"
    state = STATES[should.outcome] if should.outcome else "settled" if verified else "chosen"
    truth = should.mask or (asked.proposal if verified else None)
    found = []
    if waiting != sorted(should.waits_for):
        found.append(f"film {film.pk} waits for {waiting}, its acts ask for {sorted(should.waits_for)}")
    if film.state != state:
        found.append(f"film {film.pk} is {film.state}, its acts make it {state}")
    if [entry.mask_id for entry in truths] != ([truth] if truth else []):
        found.append(f"film {film.pk} has other truths than its acts say: {should.outcome or 'none'}")
    elif truths and not verified and truths[0].provenance != should.outcome:
        found.append(f"film {film.pk} is {truths[0].provenance} in the repository, its acts make it {should.outcome}")
    return found


def _said(row: Any) -> Said:
    mask = getattr(row, "result_id", None) or getattr(row, "picked_id", None)
    credited = tuple(getattr(row, "credited", ()))
    return Said(row.decision, mask, credited, (row.created_at, row.pk))


def _alike(task: Any) -> Callable[[Any, Any], bool]:
    limit = task.agree_dsc

    def alike(first: Any, second: Any) -> bool:
        return limit is None or dsc(mask_hw(first), mask_hw(second)) >= limit

    return alike


def mask_hw(mask_id: Any) -> Any:
    """A stored mask (H, W) bool, read by another library than the platform's own."""
    import cv2
    import numpy as np

    from annotation.common.blobs import blobs
    from annotation.masks.models import Mask

    data = np.frombuffer(blobs().read(Mask.objects.get(pk=mask_id).storage_key), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) > 0
