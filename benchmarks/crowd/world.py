"""Fills an empty database: a running project with people and tasks of all kinds, on films that share a few pixel files.

``python -m benchmarks.crowd.world '{"verdicts": 1000, ...}'`` prints the people as JSON; see ``Wish``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

SIZE = 512
PICTURES = 20
CANDIDATES = 3
SLUG = "bench"
ADMIN = "admin"


@dataclass(frozen=True)
class Wish:
    """How many tasks and people. ``double_share`` of the verdicts' films are read twice and corrected twice.

    People get tokens where ``password`` is empty; each fifth but the first ones is an MD as far as ``physicians`` says.
    """

    verdicts: int
    selections: int = 0
    verifications: int = 0
    annotators: int = 1
    physicians: int = 0
    double_share: float = 0.0
    probe_share: float = 0.0
    repeat_share: float = 0.0
    password: str = ""

    @property
    def films(self) -> int:
        """One for each task, so that every film's way can be followed."""
        return self.verdicts + self.selections + self.verifications


def fill(wish: Wish) -> dict[str, Any]:
    """Migrate and fill; returns ``people`` with ``username`` and ``password`` or ``token``."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        return _fill(wish)


def _fill(wish: Wish) -> dict[str, Any]:
    from annotation.images.models import ImageState, ProjectImage
    from annotation.masks.models import Mask
    from annotation.projects.models import Project
    from annotation.projects.protocol import get_protocol
    from annotation.reviews.models import ReviewBatch
    from annotation.rounds.models import Round, RoundStep, StepState

    project = Project.objects.create(
        slug=SLUG, name="Bench", target="lung", convention="heart_out", state="running",
        protocol=get_protocol("covid-qu").to_json(),
    )  # fmt: skip
    films = _films(project, wish.films)
    models = [_model(project, f"encoder{n}") for n in range(CANDIDATES if wish.selections else 1)]
    first, second = wish.verdicts, wish.verdicts + wish.selections
    read, chosen, verified = films[:first], films[first:second], films[second:]
    # The engine waits for the first batch, as in production; it closes where all is settled and nobody may undo.
    batches = [ReviewBatch.objects.create(project=project, number=n + 1, name=name) for n, name in enumerate(NAMES)]
    round_ = Round.objects.create(
        project=project, number=1, name=NAMES[0], stage=1, kind="evaluation", batch=batches[0], main_network=models[0]
    )
    RoundStep.objects.create(round=round_, index=0, kind="review", state=StepState.RUNNING)
    ProjectImage.objects.filter(pk__in=[film.pk for film in verified]).update(state=ImageState.SETTLED)
    masks: dict[Any, list[Mask]] = {film.pk: [] for film in films}
    rows = [
        _mask(project, film, n, model)
        for n, film in enumerate(films)
        for model in (models if first <= n < second else models[:1])
    ]
    by_image = {film.image_id: film.pk for film in films}
    for mask in Mask.objects.bulk_create(rows, batch_size=2000):
        masks[by_image[mask.image_id]].append(mask)
    _verdicts(wish, batches[0], [(film, masks[film.pk][0]) for film in read])
    _selections(wish, batches[1], [(film, masks[film.pk]) for film in chosen])
    _verifications(batches[2], [(film, masks[film.pk][0]) for film in verified])
    return {"people": _people(project, wish)}


NAMES = ("II.1", "III", "IV")


def _films(project: Any, count: int) -> list[Any]:
    import cv2

    from annotation.common.blobs import blobs
    from annotation.images.models import Image, ImageRole, ImageState, Patient, ProjectImage, Source
    from annotation.masks.codec import encode_png
    from mlbackend.data.phantom import generate_film

    for n in range(PICTURES):
        film = generate_film(n, size=SIZE)
        blobs().write(f"films/{n}.png", cv2.imencode(".png", film.image)[1].tobytes())
        blobs().write(f"masks/{n}.png", encode_png(film.mask_lung))
    source = Source.objects.create(name="phantom")
    patients = Patient.objects.bulk_create((Patient(identifier=f"bench {n}") for n in range(count)), batch_size=2000)
    images = Image.objects.bulk_create(
        (
            Image(
                patient=patient, source=source, sha256=f"{n:064x}", pixel_sha256=f"{n:064x}",
                perceptual_hash=f"{n:016x}", original_key=f"films/{n % PICTURES}.png",
                rendition_key=f"films/{n % PICTURES}.png", width=SIZE, height=SIZE,
            )
            for n, patient in enumerate(patients)
        ),
        batch_size=2000,
    )  # fmt: skip
    rows = (
        ProjectImage(project=project, image=image, role=ImageRole.POOL, state=ImageState.CHOSEN) for image in images
    )
    return list(ProjectImage.objects.bulk_create(rows, batch_size=2000))


def _model(project: Any, encoder: str) -> Any:
    from django.utils import timezone

    from annotation.jobs.models import Job
    from annotation.masks.models import ModelVersion

    now = timezone.now()
    job = Job.objects.create(
        kind="train", status="succeeded", attempt=1, handler="bench", request={}, finished_at=now, handled_at=now
    )
    return ModelVersion.objects.create(
        project=project, job=job, architecture="unet", encoder=encoder, purpose="initial", round_number=1,
        image_size=256, weights_key="none", weights_sha256="0" * 64, validation_dsc=0.9,
    )  # fmt: skip


def _mask(project: Any, film: Any, number: int, model: Any) -> Any:
    from annotation.masks.models import Mask, MaskKind

    return Mask(
        project=project, image_id=film.image_id, kind=MaskKind.CANDIDATE,
        storage_key=f"masks/{number % PICTURES}.png", sha256=f"{number:064x}", width=SIZE, height=SIZE,
        foreground_pixels=1, convention="heart_out", model_version=model,
    )  # fmt: skip


def _verdicts(wish: Wish, batch: Any, proposals: list[tuple[Any, Any]]) -> None:
    from annotation.projects.models import Role
    from annotation.reviews.models import TaskKind
    from annotation.reviews.services import probe_tasks_create, proposal_tasks_create

    doubled = round(wish.double_share * len(proposals))
    # Spread over the queue, so that a short load meets them too.
    each = max(1, round(len(proposals) / doubled)) if doubled else len(proposals) + 1
    twice = [2 if n % each == each - 1 else 1 for n in range(len(proposals))]
    proposal_tasks_create(
        batch=batch, proposals=proposals, kind=TaskKind.VERDICT, role=Role.ANNOTATOR, replicas=twice,
        corrections=twice, agree_dsc=0.9,
    )  # fmt: skip
    if wish.probe_share:
        probe_tasks_create(batch=batch, proposals=proposals, fraction=wish.probe_share, seed=1, role=Role.ANNOTATOR)


def _selections(wish: Wish, batch: Any, candidates: list[tuple[Any, list[Any]]]) -> None:
    """As ``selection_tasks_create`` makes them, without reading each mask to find ties: all masks of a film differ."""
    import random
    import uuid

    from annotation.projects.models import Role
    from annotation.reviews.models import ReviewTask, TaskCandidate, TaskKind

    rng = random.Random(1)
    common: dict[str, Any] = {"batch": batch, "project_id": batch.project_id, "kind": TaskKind.SELECTION}
    common["role"] = Role.ANNOTATOR
    tasks = [ReviewTask(**common, project_image=film, order=n, replicas=1) for n, (film, _) in enumerate(candidates)]
    again = [
        ReviewTask(
            **common, project_image=task.project_image, order=task.order, repeat_of=task, due_after=3,
            shown_as=uuid.uuid4(),
        )
        for task in tasks
        if rng.random() < wish.repeat_share
    ]  # fmt: skip
    masks = {film.pk: found for film, found in candidates}
    rows = ReviewTask.objects.bulk_create(tasks, batch_size=2000) + ReviewTask.objects.bulk_create(again)
    offered = []
    for task in rows:
        order = masks[task.project_image_id].copy()
        rng.shuffle(order)
        offered += [TaskCandidate(task=task, mask=mask, position=n, tie_group=n) for n, mask in enumerate(order)]
    TaskCandidate.objects.bulk_create(offered, batch_size=2000)


def _verifications(batch: Any, proposals: list[tuple[Any, Any]]) -> None:
    from annotation.projects.models import Role
    from annotation.reviews.models import TaskKind
    from annotation.reviews.services import proposal_tasks_create
    from annotation.rounds.models import Provenance, RepositoryEntry

    RepositoryEntry.objects.bulk_create(
        (
            RepositoryEntry(
                project_id=batch.project_id, project_image=film, mask=mask, provenance=Provenance.ACCEPTED, version=1,
                round_number=0,
            )
            for film, mask in proposals
        ),
        batch_size=2000,
    )  # fmt: skip
    proposal_tasks_create(batch=batch, proposals=proposals, kind=TaskKind.VERIFICATION, role=Role.PHYSICIAN)


def _people(project: Any, wish: Wish) -> list[dict[str, str]]:
    from django.contrib.auth.hashers import make_password

    from annotation.accounts.models import User
    from annotation.accounts.services import token_issue
    from annotation.projects.models import Membership, Role

    # Hashed once: what takes a person a moment takes a crowd a minute.
    hashed = make_password(wish.password or None)
    roles = [Role.ANNOTATOR] * wish.annotators + [Role.PHYSICIAN] * wish.physicians
    found = []
    for n, role in enumerate(roles):
        person = User.objects.create(username=f"{role}{n}", password=hashed)
        Membership.objects.create(project=project, user=person, role=role)
        entry = {"username": person.username, "password": wish.password}
        found.append(entry if wish.password else {**entry, "token": token_issue(person, "bench")[0]})
    admin = User.objects.create(username=ADMIN, password=hashed)
    for role in (Role.ADMIN, Role.RESEARCHER):
        Membership.objects.create(project=project, user=admin, role=role)
    return found


def wish_text(wish: Wish) -> str:
    """For the command line of this module."""
    return json.dumps(asdict(wish))


if __name__ == "__main__":
    print(json.dumps(fill(Wish(**json.loads(sys.argv[1])))))
