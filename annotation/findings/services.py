"""Have networks look at films."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.findings.models import FindingSet
from annotation.images.models import ProjectImage
from annotation.jobs.handlers import NOTHING
from annotation.jobs.models import JobKind
from annotation.jobs.services import job_create
from annotation.masks.models import ModelVersion
from annotation.projects.guards import require_in_use, require_research
from annotation.projects.models import Project, Target
from annotation.reviews.permissions import open_readings, reads_project
from annotation.rounds.steps.base import StepFailed, main_network
from mlbackend.contracts import FindingsRequest, ModelRef, NetworkSpec, PredictImage

MOST_FILMS = 500
"""In one question: more are asked in several."""


def findings_ask(*, project: Project, images: Sequence[UUID], actor: User, join: Project | None = None) -> FindingSet:
    """Ask the main networks of a project, and of one of the other target, what is on these films of the project.

    ``join`` gives the other network; without it only a lung project can be asked, for lungs alone. Raises NotAllowed,
    InvalidInput, Conflict where a network is missing, where the project is archived, or where a film is being read by
    the person who asks: reading is blind.
    """
    for one in [project, *([join] if join else [])]:
        require_research(actor, one)
        require_in_use(one)
    lung, infection = _by_target(project, join)
    films = _films(project, images, actor)
    with transaction.atomic():
        # The numbers of a project are given out one by one.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        networks = [_main(lung), _main(infection) if infection else None]
        assert networks[0] is not None
        request = FindingsRequest(
            "", 0, model_ref(networks[0]),
            [PredictImage(str(one.pk), one.rendition_key, one.width, one.height) for one in (f.image for f in films)],
            infection=model_ref(networks[1]) if networks[1] else None,
        )  # fmt: skip
        job = job_create(
            kind=JobKind.FINDINGS, handler=NOTHING, request=request.to_json(), project_id=project.pk,
            context={"films": len(films)},
        )  # fmt: skip
        last = FindingSet.objects.filter(project=project).aggregate(last=Max("number"))["last"]
        made = FindingSet.objects.create(
            project=project, number=(last or 0) + 1, lungs=networks[0], infection=networks[1], job=job,
            created_by=actor,
        )  # fmt: skip
        audit_record(
            "findings.ask", made, actor=actor, project_id=project.pk, films=len(films),
            networks=[str(network.pk) for network in networks if network],
        )  # fmt: skip
    return made


def _by_target(project: Project, join: Project | None) -> tuple[Project, Project | None]:
    by_target = {one.target: one for one in [project, *([join] if join else [])]}
    if join is not None and len(by_target) < 2:
        raise InvalidInput(
            f"{project.slug} and {join.slug} both draw the target {project.target}", field="join", value=join.slug,
            remedy="join a project of the other target",
        )  # fmt: skip
    if Target.LUNG not in by_target:
        raise InvalidInput(
            "infection is measured inside the lungs, and this project has no lung network", field="join",
            remedy="name a lung project in join",
        )  # fmt: skip
    return by_target[Target.LUNG], by_target.get(Target.INFECTION)


def being_read(project: Project, images: Sequence[UUID]) -> set[UUID]:
    """Those of the films that have an open task."""
    read = open_readings(project).filter(project_image__image__in=images)
    return set(read.values_list("project_image__image_id", flat=True))


def _films(project: Project, images: Sequence[UUID], actor: User) -> list[ProjectImage]:
    """The films in the order asked for; raises InvalidInput, Conflict."""
    if not images or len(images) > MOST_FILMS:
        raise InvalidInput(
            f"{len(images)} films", field="films", value=len(images),
            remedy=f"name 1 to {MOST_FILMS} films; ask for more in several requests",
        )  # fmt: skip
    if len(set(images)) < len(images):
        raise InvalidInput("a film is named twice", field="films", remedy="name each film once")
    rows = ProjectImage.objects.filter(project=project, image_id__in=images, image__withdrawn_at=None)
    rows = rows.select_related("image")
    known = {row.image_id: row for row in rows}
    missing = [str(one) for one in images if one not in known]
    if missing:
        raise InvalidInput(
            f"{project.slug} has no film {missing[0]}", field="films", value=missing[0],
            remedy="import it first; GET films lists those that there are",
        )  # fmt: skip
    read = being_read(project, images) if reads_project(actor, project) else set()
    if read:
        first = min(read)
        raise Conflict(
            f"film {first} is being read, and you are one of its readers", code="reading_is_blind", field="films",
            value=str(first), remedy="ask when its tasks are settled",
        )  # fmt: skip
    return [known[one] for one in images]


def _main(project: Project) -> ModelVersion:
    try:
        return main_network(project)
    except StepFailed:
        raise Conflict(
            f"{project.slug} has no main network yet", code="no_network", field="project", value=project.slug,
            remedy="ask again when a stage has ended that trains one: initial_training, or a selection",
        ) from None  # fmt: skip


def model_ref(network: ModelVersion) -> ModelRef:
    """The network as a worker is told of it."""
    spec = NetworkSpec(network.architecture, network.encoder)
    return ModelRef(str(network.pk), spec, network.image_size, network.weights_key, network.weights_sha256)
