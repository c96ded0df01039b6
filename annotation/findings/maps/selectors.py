"""Reading maps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Missing
from annotation.findings.maps.services import Offered, film_of, networks_of
from annotation.findings.models import ProbabilityMap
from annotation.images.models import ProjectImage
from annotation.jobs.models import JobStatus
from annotation.masks.models import LISTS, ModelVersion
from annotation.projects.models import Project, Target
from annotation.rounds.models import Round
from annotation.rounds.selectors import job_summary
from mlbackend.contracts import FilmMap, MapResult

PICTURE, PROBABILITY = "picture", "probability"
KEYS = {PICTURE: "picture_key", PROBABILITY: "probability_key"}
PIXELS = "/api/projects/{}/films/{}/maps/{}/{}"


def maps_of(*, project: Project, image_id: UUID, user: User) -> dict[str, Any]:
    """What people call a map of this project's target, whose can be asked for, and the maps of a film, newest first.

    Raises NotAllowed, Missing, or Conflict where the film is hidden from the user for now.
    """
    film = film_of(project=project, image_id=image_id, user=user)
    rows = ProbabilityMap.objects.filter(project=project, image=image_id).select_related("network", "job")
    rows = rows.defer(*(f"network__{name}" for name in LISTS)).order_by("-created_at", "pk")
    names, offered = _round_names(project), networks_of(film)
    return {
        "name": name_of(project),
        "networks": [_network(one, names, offered) for one in offered.networks],
        "maps": [_map(row, project, names, offered) for row in rows],
    }


def name_of(project: Project) -> str:
    """The paper's name where it is infection, the plain one for all else."""
    return "infection map" if project.target == Target.INFECTION else "probability map"


def map_summary(row: ProbabilityMap, project: Project) -> dict[str, Any]:
    """A map as a list of them tells it; its addresses are null until it is drawn."""
    film = ProjectImage.objects.select_related("image__patient", "project").get(project=project, image=row.image_id)
    return _map(row, project, _round_names(project), networks_of(film))


def _map(row: ProbabilityMap, project: Project, names: dict[int, str], offered: Offered) -> dict[str, Any]:
    drawn = _drawn(row)
    urls = {what: PIXELS.format(project.slug, row.image_id, row.pk, what) if drawn else None for what in KEYS}
    return {
        "id": str(row.pk),
        "network": _network(row.network, names, offered),
        "highest": drawn.highest if drawn else None,
        "shown_share": drawn.shown_share if drawn else None,
        **urls,
        "engine": row.job.result.get("engine", ""),
        "created_at": row.created_at,
        "job": job_summary(row.job),
    }


def map_pixels(*, project: Project, image_id: UUID, map_id: UUID, what: str, user: User) -> bytes:
    """PNG of a map; raises Missing, NotAllowed, or Conflict where the film is hidden from the user for now."""
    film_of(project=project, image_id=image_id, user=user)
    row = ProbabilityMap.objects.filter(project=project, image=image_id, pk=map_id).select_related("job").first()
    drawn = _drawn(row) if row else None
    if drawn is None or what not in KEYS:
        raise Missing(
            f"film {image_id} has no {what} of a map {map_id}", field="map", value=str(map_id),
            remedy=f"ask for {' or '.join(KEYS)} when the map's job has succeeded",
        )  # fmt: skip
    return blobs().read(getattr(drawn, KEYS[what]))


def _drawn(row: ProbabilityMap) -> FilmMap | None:
    if row.job.status != JobStatus.SUCCEEDED:
        return None
    films = MapResult.from_json(row.job.result).films
    return next((film for film in films if film.image_id == str(row.image_id)), None)


def _round_names(project: Project) -> dict[int, str]:
    return dict(Round.objects.filter(project=project).order_by().values_list("number", "name"))


def _network(network: ModelVersion, names: dict[int, str], offered: Offered) -> dict[str, Any]:
    return {
        "id": network.pk,
        "network": network.name,
        "round": network.round_number,
        "round_name": names.get(network.round_number, ""),
        "validation_dsc": network.validation_dsc,
        "main": network.pk == offered.main,
        "learnt_from": network.pk in offered.learnt,
    }
