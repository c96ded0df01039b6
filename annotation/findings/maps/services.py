"""Have a network's map of a film drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast, Concat

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput, Missing
from annotation.findings.models import ProbabilityMap
from annotation.findings.services import model_ref
from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.jobs.handlers import NOTHING
from annotation.jobs.models import JobKind, JobStatus
from annotation.jobs.services import job_create, job_retry
from annotation.masks.models import LISTS, ModelVersion
from annotation.projects.guards import require_in_use, require_research
from annotation.projects.models import Project
from annotation.reviews.permissions import reads_blind, reads_project
from annotation.rounds.steps.base import StepFailed, main_network
from mlbackend.contracts import MapRequest, PredictImage


def film_of(*, project: Project, image_id: UUID, user: User) -> ProjectImage:
    """The film, for one who may look at what networks make of it now.

    Raises NotAllowed, Missing, or Conflict where the user is also a reviewer and the film is being read, or still to
    be: masks come with their tasks, but a map can be had of any film, by any network that may yet be chosen among.
    """
    require_research(user, project)
    films = ProjectImage.objects.filter(project=project, image=image_id, image__withdrawn_at=None)
    film = films.select_related("image__patient", "project").first()
    if film is None:
        raise Missing("this project has no such film", field="image", value=str(image_id))
    to_read = film.role == ImageRole.POOL and film.state not in (ImageState.SETTLED, ImageState.EXCLUDED)
    if reads_blind(user, project, image_id) or (to_read and reads_project(user, project)):
        raise Conflict(
            "this film is being read or still to be, and you are one of its readers", code="reading_is_blind",
            remedy="look again when its tasks are settled",
        )  # fmt: skip
    return film


@dataclass(frozen=True)
class Offered:
    """Whose maps of a film can be asked for."""

    networks: list[ModelVersion]
    """The one that draws where none is named comes first."""
    main: UUID | None
    learnt: frozenset[UUID]
    """Those of all the project's networks that were trained or selected on films of this film's patient."""


def networks_of(film: ProjectImage) -> Offered:
    """The project's networks for a map of this film, all of them but for folds; none before any is trained.

    The main network draws unless another is named; before there is one, the network with the best validation DSC among
    those that never saw the film's patient. Of the networks of one round's folds that share a name the film gets one,
    that which never saw its patient: the others differ in that alone.
    """
    project = film.project
    learnt = frozenset(_learnt(film))
    try:
        main: UUID | None = main_network(project).pk
    except StepFailed:
        main = None
    known = ModelVersion.objects.filter(project=project).defer(*LISTS)
    rows = list(known.order_by("-round_number", "-validation_dsc", "pk"))
    # Python's sort keeps the order of equals: the best first.
    best = sorted(rows, key=lambda one: (one.pk in learnt, -one.validation_dsc))
    fold = {(one.round_number, one.name): one.pk for one in reversed(best) if one.purpose == "fold"}
    rows = [one for one in rows if one.purpose != "fold" or fold[one.round_number, one.name] == one.pk]
    first = next((one.pk for one in best if main in (None, one.pk)), None)
    return Offered(sorted(rows, key=lambda one: one.pk != first), main, learnt)


def _learnt(film: ProjectImage) -> Iterable[UUID]:
    # The lists have every patient of the project, and a project may have dozens of networks: the database looks.
    seen = Concat(Cast("trained_groups", TextField()), Cast("selected_groups", TextField()))
    rows = ModelVersion.objects.filter(project=film.project_id).annotate(seen=seen)
    return rows.filter(seen__contains=str(film.image.patient.split_group)).order_by().values_list("pk", flat=True)


def map_ask(
    *, project: Project, image_id: UUID, actor: User, network_id: UUID | None = None
) -> tuple[ProbabilityMap, bool]:
    """Ask for a network's map of a film, the first of ``networks_of`` where none is named; says whether it is new, too.

    A map that is there, or on its way, is not drawn twice; one whose job failed or was cancelled is tried again. Raises
    NotAllowed, Missing, InvalidInput for a network of another project, or Conflict where no network is trained, the
    project is archived, or the film is being read by the person who asks.
    """
    film = film_of(project=project, image_id=image_id, user=actor)
    require_in_use(project)
    with transaction.atomic():
        # Two who ask at once: the second finds the first one's.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        network = _network(film, network_id)
        known = ProbabilityMap.objects.filter(image=film.image, network=network).select_related("job").first()
        if known is not None:
            if known.job.status in (JobStatus.FAILED, JobStatus.CANCELLED):
                known.job = job_retry(known.job_id, actor=actor)
            return known, False
        return _made(film, network, actor), True


def _network(film: ProjectImage, network_id: UUID | None) -> ModelVersion:
    networks, project = networks_of(film).networks, film.project
    if not networks:
        raise Conflict(
            f"{project.slug} has no network yet", code="no_network", field="project", value=project.slug,
            remedy="ask again when a stage has trained one; the project page says how far it is",
        )  # fmt: skip
    found = next((one for one in networks if network_id in (None, one.pk)), None)
    if found is None:
        raise InvalidInput(
            f"{project.slug} has no network {network_id}", field="network", value=str(network_id),
            remedy="name one of those that the list of the film's maps gives",
        )  # fmt: skip
    return found


def _made(film: ProjectImage, network: ModelVersion, actor: User) -> ProbabilityMap:
    image = film.image
    asked = PredictImage(str(image.pk), image.rendition_key, image.width, image.height)
    request = MapRequest("", 0, model_ref(network), [asked])
    job = job_create(
        kind=JobKind.MAP, handler=NOTHING, request=request.to_json(), project_id=film.project_id, context={"films": 1}
    )
    made = ProbabilityMap.objects.create(
        project_id=film.project_id, image=image, network=network, job=job, created_by=actor
    )
    audit_record(
        "map.ask", made, actor=actor, project_id=film.project_id, film=str(image.pk), network=str(network.pk)
    )  # fmt: skip
    return made
