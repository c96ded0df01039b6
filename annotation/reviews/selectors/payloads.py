"""A task as its reviewer sees it.

Reading is blind: a payload names no network, no score, no hash, no file, no patient and no class label, and does not
say whether a task is a probe or a second reading. A label such as "COVID-19" or a known patient would pull the eye
towards what is expected; MDs see earlier films of the same patient, but not whose they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from annotation.images.dates import taken_on
from annotation.images.models import ProjectImage
from annotation.images.pseudonyms import shifted
from annotation.projects.models import Role
from annotation.reviews.models import (
    Adjudication,
    Edit,
    EditDecision,
    ReviewTask,
    Selection,
    TaskCandidate,
    TaskKind,
    Verdict,
)
from annotation.reviews.models.acts import Act
from annotation.reviews.permissions import candidates_once_offered
from annotation.reviews.selectors.queue import batch_progress
from annotation.reviews.services.submit import current_acts

IMAGE_PIXELS = "/api/images/{}/pixels"
MASK_PIXELS = "/api/masks/{}/pixels"
EARLIER_FILMS = 12

WORDS: dict[str, type[Act]] = {TaskKind.ADJUDICATION: Verdict, TaskKind.SELECTION: Selection}
"""Whose words an MD reads, by the kind of his task."""


def task_payload(task: ReviewTask) -> dict[str, Any]:
    """One task; see ``task_payloads``."""
    return task_payloads([task])[0]


def task_payloads(tasks: Sequence[ReviewTask]) -> list[dict[str, Any]]:
    """Tasks as their holder sees them, in the given order; needs ``batch`` and ``project_image__image`` loaded.

    Costs at most one query for each of candidates, starts, advice, words and earlier films, and none where no task
    has such.
    """
    candidates = _candidates(tasks)
    starts = _starts(tasks)
    advice = _advice(tasks)
    words = _words(tasks)
    earlier = _earlier_films(tasks)
    return [
        {
            "id": str(task.pk),
            "kind": task.kind,
            "batch": {"name": task.batch.name, **batch_progress(task.batch_id, task.kind)},
            "image": _image(task.project_image, task.shown_as),
            "proposal": _mask(task.proposal_id),
            "candidates": candidates.get(task.pk, []),
            "starts": starts.get(task.pk, []),
            "advice": advice.get(task.pk),
            "words": words.get(task.pk, []),
            "earlier_films": earlier.get(task.pk, []),
            "lease_token": str(task.lease_token) if task.lease_token else None,
            "lease_expires_at": task.lease_expires_at,
            "opened_at": task.opened_at,
        }
        for task in tasks
    ]


def _image(film: ProjectImage, shown_as: UUID | None = None) -> dict[str, Any]:
    image, name = film.image, shown_as or film.image_id
    return {
        "id": str(name),
        "width": image.width,
        "height": image.height,
        "pixels": IMAGE_PIXELS.format(name),
    }


def _mask(mask_id: UUID | None) -> dict[str, Any] | None:
    return None if mask_id is None else {"id": str(mask_id), "url": MASK_PIXELS.format(mask_id)}


def _candidates(tasks: Iterable[ReviewTask]) -> dict[UUID, list[dict[str, Any]]]:
    """Candidates by task in their stored order. Ties are numbered as they are shown: the stored number is not shown,
    as it follows the order of the networks' names. A repeat's masks go under ids of its own: those of the first time
    would be known again, and lie in the browser's cache. So do those with a drawing, whose id its author knows.
    """
    ids = [task.pk for task in tasks if task.kind == TaskKind.SELECTION]
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if not ids:
        return found
    shown: dict[UUID, dict[int, int]] = defaultdict(dict)
    rows = TaskCandidate.objects.filter(task__in=ids).order_by("task_id", "position")
    renamed = {task.pk for task in tasks if task.repeat_of_id is not None or task.shown_at is not None}
    for pk, task_id, position, mask, tie in rows.values_list("pk", "task_id", "position", "mask_id", "tie_group"):
        number = shown[task_id].setdefault(tie, len(shown[task_id]))
        mask_id = pk if task_id in renamed else mask
        found[task_id].append({"position": position, "url": MASK_PIXELS.format(mask_id), "tie": number})
    return found


def _starts(tasks: Iterable[ReviewTask]) -> dict[UUID, list[dict[str, Any]]]:
    """For corrections: other masks to begin from, which are those that were denied on the film, one of each tie.

    As in the choice they have no names, and stand in the first reader's stored order.
    """
    wanted = {task.project_image_id: task for task in tasks if task.kind == TaskKind.CORRECTION}
    if not wanted:
        return {}
    rows = (
        candidates_once_offered(next(iter(wanted.values())).project)
        .filter(task__project_image__in=wanted)
        .order_by("task__created_at", "task_id", "position")
        .values_list("task__project_image", "task_id", "tie_group", "mask_id")
    )
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    first: dict[UUID, UUID] = {}
    ties: set[tuple[UUID, int]] = set()
    for film_id, choice_id, tie, mask_id in rows:
        task = wanted[film_id]
        if first.setdefault(film_id, choice_id) != choice_id or (film_id, tie) in ties:
            continue
        ties.add((film_id, tie))
        if mask_id != task.proposal_id:
            found[task.pk].append({"id": str(mask_id), "url": MASK_PIXELS.format(mask_id)})
    return found


def _advice(tasks: Iterable[ReviewTask]) -> dict[UUID, dict[str, Any]]:
    """What the MD said of the corrections that he asked for."""
    parents = {task.parent_id: task.pk for task in tasks if task.kind == TaskKind.CORRECTION and task.parent_id}
    if not parents:
        return {}
    rows = current_acts(Adjudication, task__in=list(parents)).values_list("task_id", "comment", "marks")
    return {parents[parent]: {"comment": comment, "marks": marks} for parent, comment, marks in rows}


def _words(tasks: Iterable[ReviewTask]) -> dict[UUID, list[dict[str, Any]]]:
    """For MDs: what the film's readers in this batch said, and what MDs said who referred it, without names.

    On a disputed choice the words come without the picks, so that the MD's own choice stays blind.
    """
    found: dict[UUID, list[dict[str, Any]]] = {}
    for task in tasks:
        if task.parent_id is None or task.role != Role.PHYSICIAN or task.kind not in WORDS:
            continue
        where = {
            "task__batch": task.batch_id,
            "task__project_image": task.project_image_id,
            "task__is_probe": False,
            "task__repeat_of": None,
        }
        rows = list(current_acts(WORDS[task.kind], **where).values_list("created_at", "decision", "comment"))
        if task.kind == TaskKind.ADJUDICATION:
            rows += current_acts(Adjudication, **where).values_list("created_at", "decision", "comment")
            # What the corrector doubts, who has seen what the MD advised.
            doubts = current_acts(Edit, **where, decision=EditDecision.UNSURE)
            rows += doubts.values_list("created_at", "decision", "comment")
        blind = task.kind == TaskKind.SELECTION
        found[task.pk] = [
            {"decision": None if blind else decision, "comment": comment}
            for _, decision, comment in sorted(rows)
            if comment or not blind
        ]
    return found


def _earlier_films(tasks: Iterable[ReviewTask]) -> dict[UUID, list[dict[str, Any]]]:
    """For MDs: other films of the same patient in the same project, the oldest first as far as their days are known,
    then those without a day, oldest import first.
    """
    wanted = [task for task in tasks if task.role == Role.PHYSICIAN]
    if not wanted:
        return {}
    patients = {task.project_image.image.patient_id for task in wanted}
    films: dict[tuple[UUID, UUID], list[ProjectImage]] = defaultdict(list)
    rows = ProjectImage.objects.filter(
        project__in={task.project_id for task in wanted}, image__patient__in=patients, image__withdrawn_at=None
    ).select_related("image__patient", "project")
    for film in rows:
        films[film.project_id, film.image.patient_id].append(film)
    return {
        task.pk: _in_time(films[task.project_id, task.project_image.image.patient_id], task.project_image_id)
        for task in wanted
    }


def _in_time(films: Iterable[ProjectImage], own: UUID) -> list[dict[str, Any]]:
    """The last dozen films beside ``own``: those that have a day by it, then the others in their order."""
    days = [(taken_on(film.image.metadata), film) for film in films]
    today = next((day for day, film in days if film.pk == own), None)
    others = [(day, film) for day, film in days if film.pk != own]
    dated = sorted(((day, film) for day, film in others if day is not None), key=lambda one: one[0])[-EARLIER_FILMS:]
    undated = [film for day, film in others if day is None]
    rest = undated[-(EARLIER_FILMS - len(dated)) :] if len(dated) < EARLIER_FILMS else []
    return [
        *(
            {**_image(film), "taken_on": _shifted(film, day), "later": today is not None and day > today}
            for day, film in dated
        ),
        *({**_image(film), "taken_on": None, "later": False} for film in rest),
    ]


def _shifted(film: ProjectImage, day: date) -> date | None:
    """The day as it leaves: no day of a patient's is told, only how far they lie apart."""
    return shifted(day, film.image.patient.identifier, film.project.pseudonym_key)
