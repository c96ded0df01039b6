"""Masks that a finished prediction left in storage become rows with their lineage."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import fmean

from django.db import transaction

from annotation.common.blobs import blobs
from annotation.common.errors import Conflict
from annotation.images.models import Image, ProjectImage
from annotation.jobs.models import Job
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.projects.models import Project
from mlbackend.contracts import PredictChunk, PredictedMask, PredictResult

BATCH = 500


def candidates_record(
    *, job: Job, project: Project, round_number: int, models: Mapping[str, ModelVersion], proposed: bool = True
) -> list[Mask]:
    """Rows for all masks of a succeeded prediction, in the order of its chunks. Called again, it adds nothing.

    Without ``proposed`` they are drawn for the record, not to be reviewed: lists of films go on showing how sure the
    networks were whose masks people saw.

    Precondition: ``job.result`` is a PredictResult; ``models`` maps the request's model ids to networks. Raises
    Conflict where the result names a film or network that was not asked for, or a mask of another size than its film.
    """
    result = PredictResult.from_json(job.result)
    wanted = {key: str(model.pk) for key, model in models.items()}
    predicted = list(_predicted(result))
    images = _images(project, {mask.image_id for mask in predicted})
    # Films that were asked for and are not there any more were withdrawn while the worker drew them.
    asked = {image["image_id"] for image in job.request.get("images", [])}
    predicted = [mask for mask in predicted if mask.image_id in images or mask.image_id not in asked]
    for mask in predicted:
        if mask.image_id not in images or mask.model_id not in wanted:
            raise Conflict(
                f"job {job.pk} drew film {mask.image_id} by network {mask.model_id}, which it was not asked for",
                field="job", value=str(job.pk), remedy="run the prediction again",
            )  # fmt: skip
        film = images[mask.image_id]
        if (mask.width, mask.height) != (film.width, film.height):
            raise Conflict(
                f"job {job.pk} drew film {film.pk} at {mask.width} x {mask.height}, not {film.width} x {film.height}",
                field="job", value=str(job.pk), remedy="run the prediction again",
            )  # fmt: skip
    rows = [
        Mask(
            project=project,
            image=images[mask.image_id],
            kind=MaskKind.CANDIDATE,
            storage_key=mask.mask_key,
            sha256=mask.sha256,
            width=mask.width,
            height=mask.height,
            foreground_pixels=mask.foreground_pixels,
            convention=project.convention,
            model_version=models[mask.model_id],
            job=job,
            round_number=round_number,
            confidence=min(1.0, max(0.0, mask.confidence)),
            disagreement=mask.disagreement,
            note={"engine": mask.engine} if mask.engine else {},
        )
        for mask in predicted
    ]
    with transaction.atomic():
        # The unique constraint on job, film and network makes a second call, or one that races, add nothing.
        Mask.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        if proposed:
            _films_tell(project, predicted)
    stored = {
        (str(mask.image_id), str(mask.model_version_id)): mask
        for mask in Mask.objects.filter(job=job, kind=MaskKind.CANDIDATE)
    }
    return [stored[(mask.image_id, wanted[mask.model_id])] for mask in predicted]


def _films_tell(project: Project, predicted: list[PredictedMask]) -> None:
    """Each film keeps how sure its networks were, on the mean, so that lists of films can sort by it."""
    drawn: dict[str, list[PredictedMask]] = defaultdict(list)
    for mask in predicted:
        drawn[mask.image_id].append(mask)
    ids = sorted(drawn)
    for start in range(0, len(ids), BATCH):
        films = list(ProjectImage.objects.filter(project=project, image_id__in=ids[start : start + BATCH]))
        for film in films:
            masks = drawn[str(film.image_id)]
            film.confidence = min(1.0, max(0.0, fmean(mask.confidence for mask in masks)))
            differing = [mask.disagreement for mask in masks if mask.disagreement is not None]
            film.disagreement = fmean(differing) if differing else None
        ProjectImage.objects.bulk_update(films, ["confidence", "disagreement"])


def _predicted(result: PredictResult) -> Iterator[PredictedMask]:
    storage = blobs()
    for key in result.chunk_keys:
        yield from PredictChunk.from_json(json.loads(storage.read(key)), key).masks


def _images(project: Project, ids: set[str]) -> dict[str, Image]:
    """Films of the project by id; asked in parts, as SQLite binds a limited number of values."""
    known = sorted(ids)
    films: dict[str, Image] = {}
    for start in range(0, len(known), BATCH):
        members = ProjectImage.objects.filter(
            project=project, image_id__in=known[start : start + BATCH], image__withdrawn_at=None
        )
        films.update((str(member.image_id), member.image) for member in members.select_related("image"))
    return films
