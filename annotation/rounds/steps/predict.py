"""Prediction steps: candidates for the films of a round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch

from annotation.images.models import Image
from annotation.jobs.models import JobKind
from annotation.jobs.services import job_create
from annotation.masks.models import LISTS, Mask, ModelVersion
from annotation.projects.protocol import Protocol
from annotation.rounds.models import RoundFilm
from annotation.rounds.steps.base import Context, Poll, films_unread, main_network
from annotation.rounds.steps.train import HANDLER, wait_for_jobs
from mlbackend.contracts import ModelRef, NetworkSpec, PredictImage, PredictRequest

FILMS_PER_JOB = 2000


class Predict:
    """Predict the films that the last ``choose`` brought; params: ``models`` is ``main`` or ``candidates``."""

    def start(self, context: Context) -> None:
        """One job a couple of thousand films, with all networks, so that each film is decoded once."""
        if context.step.params["models"] == "main":
            models = [main_network(context.project)]
        else:
            models = list(ModelVersion.objects.filter(job__steps__round=context.round, purpose="candidate"))
            models.sort(key=lambda model: model.name)
        context.step.outcome = {"models": [str(model.pk) for model in models]}
        films = list(films_to_predict(context))
        for first in range(0, len(films), FILMS_PER_JOB):
            part = films[first : first + FILMS_PER_JOB]
            request = prediction_request(context.protocol, models, [film.project_image.image for film in part])
            job = job_create(
                kind=JobKind.PREDICT, handler=HANDLER, request=request, project_id=context.project.pk,
                context={
                    "project": str(context.project.pk), "step": str(context.step.pk),
                    "round_number": context.round.number, "models": [str(model.pk) for model in models],
                },
            )  # fmt: skip
            context.step.jobs.add(job)

    def poll(self, context: Context) -> Poll:
        """Done when every job's masks are recorded."""
        return wait_for_jobs(context.step)


def prediction_request(protocol: Protocol, models: Sequence[ModelVersion], images: Sequence[Image]) -> dict[str, Any]:
    """What a worker is asked: masks of these films by these networks, finished as the protocol says."""
    request = PredictRequest(
        job_id="", attempt=0,
        models=[
            ModelRef(
                str(model.pk), NetworkSpec(model.architecture, model.encoder), model.image_size, model.weights_key,
                model.weights_sha256,
            )
            for model in models
        ],
        images=[PredictImage(str(image.pk), image.rendition_key, image.width, image.height) for image in images],
        postprocess=protocol.postprocess,
        precision=protocol.training.precision,
    )  # fmt: skip
    return request.to_json()


def films_to_predict(context: Context) -> list[RoundFilm]:
    """Films of the round that no prediction step of this round has covered yet, in order."""
    covered = Mask.objects.filter(kind="candidate", job__steps__round=context.round).values("image_id")
    films = context.round.films.filter(project_image__image__withdrawn_at=None)
    films = films.exclude(project_image__image_id__in=covered).select_related("project_image__image")
    return list(films.defer(*films_unread("project_image__image", "features")))


def candidates_of(context: Context, films: list[RoundFilm]) -> dict[object, list[Mask]]:
    """Candidate masks by image id, made by this round's predictions, in the order of the networks' names."""
    masks = (
        Mask.objects.filter(
            # The project too: masks are found by project and film.
            project=context.project, kind="candidate", job__steps__round=context.round,
            image_id__in=[film.project_image.image_id for film in films],
        )
        .prefetch_related(Prefetch("model_version", queryset=ModelVersion.objects.defer(*LISTS)))
    )  # fmt: skip
    by_image: dict[object, list[Mask]] = {}
    for mask in masks:
        by_image.setdefault(mask.image_id, []).append(mask)
    for found in by_image.values():
        found.sort(key=lambda mask: mask.model_version.name if mask.model_version else "")
    return by_image
