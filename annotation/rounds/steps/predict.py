"""Prediction steps: candidates for the films of a round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from annotation.images.models import Image
from annotation.jobs.models import JobKind
from annotation.jobs.services import job_create
from annotation.masks.models import LISTS, Mask, ModelVersion
from annotation.projects.protocol import Protocol
from annotation.rounds.models import RoundFilm
from annotation.rounds.steps.base import Context, Poll, StepFailed, films_unread, main_network
from annotation.rounds.steps.train import HANDLER, wait_for_jobs
from mlbackend.contracts import ModelRef, NetworkSpec, PredictImage, PredictRequest

FILMS_PER_JOB = 2000


class Predict:
    """Predict the films that the last ``choose`` brought; params: ``models`` is ``main``, ``candidates`` or ``folds``.

    With ``folds`` each film is predicted by those networks of the round that know nothing of its patient.
    """

    def start(self, context: Context) -> None:
        """One job a couple of thousand films, with all networks, so that each film is decoded once."""
        wanted = context.step.params["models"]
        films = films_to_predict(context)
        if wanted == "main":
            parts = [([main_network(context.project)], films)]
        else:
            purpose = "fold" if wanted == "folds" else "candidate"
            models = list(ModelVersion.objects.filter(job__steps__round=context.round, purpose=purpose))
            models.sort(key=lambda model: (model.name, model.created_at))
            parts = _out_of_fold(models, films) if wanted == "folds" else [(models, films)]
        context.step.outcome = {"models": [str(model.pk) for networks, _ in parts for model in networks]}
        for networks, mine in parts:
            for first in range(0, len(mine), FILMS_PER_JOB):
                self._ask(context, networks, mine[first : first + FILMS_PER_JOB])

    def _ask(self, context: Context, models: list[ModelVersion], films: list[RoundFilm]) -> None:
        request = prediction_request(context.protocol, models, [film.project_image.image for film in films])
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


def _out_of_fold(
    models: Sequence[ModelVersion], films: Sequence[RoundFilm]
) -> list[tuple[list[ModelVersion], list[RoundFilm]]]:
    """Films with the networks that predict them: of each name one that was neither trained nor selected on the film's
    patient. Raises StepFailed where a film has not exactly one of each name.
    """
    known = {model.pk: {*model.trained_groups, *model.selected_groups} for model in models}
    names = sorted({model.name for model in models})
    parts: dict[tuple[UUID, ...], list[RoundFilm]] = {}
    for film in films:
        group = str(film.project_image.image.patient.split_group)
        fitting = [model for model in models if group not in known[model.pk]]
        if [model.name for model in fitting] != names:
            raise StepFailed(
                f"film {film.project_image_id} has {len(fitting)} networks that do not know its patient, not "
                f"{len(names)}: its patient was changed while they were trained; train them again"
            )
        parts.setdefault(tuple(model.pk for model in fitting), []).append(film)
    by_id = {model.pk: model for model in models}
    return [([by_id[pk] for pk in ids], mine) for ids, mine in parts.items()]


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
    films = films.exclude(project_image__image_id__in=covered).select_related("project_image__image__patient")
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
