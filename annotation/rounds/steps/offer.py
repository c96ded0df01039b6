"""Steps that offer the tasks of a round's films: what is asked about each, of whom, and of how many."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef

from annotation.common.planner import planner_tell
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.projects.protocol import ChoiceStage, EvaluationStage
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskCandidate, TaskKind
from annotation.reviews.services import batch_open, probe_tasks_create, proposal_tasks_create, selection_tasks_create
from annotation.rounds.models import RepositoryEntry, RoundFilm
from annotation.rounds.steps.base import Context, Poll, StepFailed
from annotation.rounds.steps.predict import candidates_of

OFFERED_AT_ONCE = 100


class Offer:
    """Make the tasks of the films that have none yet; params: ``kind`` of the tasks, ``role`` that works on them where
    it is not the kind's own, and for choices ``with_truth``: the mask that each film has competes with the networks'.
    """

    def start(self, context: Context) -> None:
        """Open the round's batch where there is none."""
        if context.round.batch is None:
            context.round.batch = batch_open(
                project=context.project, name=context.round.name, number=context.round.number
            )
            context.round.save(update_fields=["batch"])

    def poll(self, context: Context) -> Poll:
        """A hundred films at a time, so that nobody else waits long for the database."""
        batch = context.round.batch
        assert batch is not None
        kind = context.step.params["kind"]
        offered = batch.tasks.filter(kind=kind, is_probe=False)
        last = offered.aggregate(last=Max("order"))["last"] or 0
        # Films are offered in their order: before the last hundred nothing is left, and nothing there is looked at.
        first = max(0, last - OFFERED_AT_ONCE)
        # Asked film by film: a task's order is not its film's where a withdrawn film was left out before it.
        done = Exists(offered.filter(project_image=OuterRef("project_image")))
        films = list(
            context.round.films.filter(~done, order__gte=first, project_image__image__withdrawn_at=None).select_related(
                "project_image__image"
            )[:OFFERED_AT_ONCE]
        )
        if not films:
            planner_tell(ReviewTask, TaskCandidate)
            return Poll.DONE
        if kind == TaskKind.SELECTION:
            self._selections(context, batch, films)
        elif kind == TaskKind.CORRECTION:
            self._drawings(context, batch, films)
        elif kind == TaskKind.VERIFICATION:
            self._verifications(batch, films)
        else:
            self._verdicts(context, batch, films)
        return Poll.AGAIN

    def _verdicts(self, context: Context, batch: ReviewBatch, films: list[RoundFilm]) -> None:
        by_image = candidates_of(context, films)
        proposals = [(film.project_image, _only(by_image, film)) for film in films]
        stage = context.stage
        options: dict[str, Any] = {}
        if isinstance(stage, EvaluationStage):
            replicas = readers(context, films, stage.replicas, stage.double_read_fraction)
            options = {
                "replicas": replicas,
                "corrections": correctors(context, films, replicas, stage.double_correct_fraction),
                "agree_dsc": stage.double_correct_dsc,
            }
        proposal_tasks_create(
            batch=batch, proposals=proposals, kind=TaskKind.VERDICT, role=Role.ANNOTATOR, first_order=films[0].order,
            **options,
        )  # fmt: skip
        if isinstance(stage, EvaluationStage) and stage.probe_fraction:
            probe_tasks_create(
                batch=batch, proposals=proposals, fraction=stage.probe_fraction, role=Role.ANNOTATOR,
                seed=context.seed(f"probes{films[0].order}"),
            )  # fmt: skip

    def _selections(self, context: Context, batch: ReviewBatch, films: list[RoundFilm]) -> None:
        stage, params = context.stage, context.step.params
        assert isinstance(stage, ChoiceStage)
        by_image = candidates_of(context, films)
        candidates = [(film.project_image, by_image[film.project_image.image_id]) for film in films]
        shown_at: int | None = None
        if params.get("with_truth"):
            truths = _truths(films)
            candidates = [(film, [*masks, truths[film.pk]]) for film, masks in candidates]
            shown_at = context.protocol.training.image_size
        selection_tasks_create(
            batch=batch,
            candidates=candidates,
            seed=context.project.random_seed,
            tie_dsc=stage.tie_dsc,
            role=params.get("role", Role.ANNOTATOR),
            shown_at=shown_at,
            replicas=readers(context, films, stage.replicas, stage.double_read_fraction),
            repeats=repeats(context, films, stage.repeat_fraction, stage.repeat_gap),
            first_order=films[0].order,
        )

    def _drawings(self, context: Context, batch: ReviewBatch, films: list[RoundFilm]) -> None:
        proposal_tasks_create(
            batch=batch, proposals=[(film.project_image, None) for film in films], kind=TaskKind.CORRECTION,
            role=context.step.params["role"], first_order=films[0].order,
        )  # fmt: skip

    def _verifications(self, batch: ReviewBatch, films: list[RoundFilm]) -> None:
        masks = _truths(films)
        proposal_tasks_create(
            batch=batch, proposals=[(film.project_image, masks[film.project_image_id]) for film in films],
            kind=TaskKind.VERIFICATION, role=Role.PHYSICIAN, first_order=films[0].order,
        )  # fmt: skip


def _truths(films: list[RoundFilm]) -> dict[UUID, Mask]:
    """The mask that each film has now, by its row in the project."""
    entries = RepositoryEntry.objects.filter(
        project_image__in=[film.project_image_id for film in films], superseded_at__isnull=True
    ).select_related("mask")
    return {entry.project_image_id: entry.mask for entry in entries}


def _only(by_image: dict[object, list[Mask]], film: RoundFilm) -> Mask:
    found = by_image.get(film.project_image.image_id, [])
    if len(found) != 1:
        raise StepFailed(f"film {film.project_image_id} has {len(found)} proposals; run the prediction again")
    return found[0]


def readers(context: Context, films: list[RoundFilm], replicas: int, fraction: float) -> list[int]:
    """How many people read each film: a seeded share gets ``replicas``, the others one."""
    seed = context.project.random_seed
    return [
        replicas
        if random.Random(f"{seed}:double:{film.project_image.image.sha256}").random() < fraction  # noqa: S311
        else 1
        for film in films
    ]


def correctors(context: Context, films: list[RoundFilm], replicas: list[int], fraction: float) -> list[int]:
    """How many people correct each film where all its readers reject: two for a seeded share of those that several
    read, else one.
    """
    seed = context.project.random_seed
    return [
        2
        if several > 1 and random.Random(f"{seed}:correct:{film.project_image.image.sha256}").random() < fraction  # noqa: S311
        else 1
        for film, several in zip(films, replicas, strict=True)
    ]


def repeats(context: Context, films: list[RoundFilm], fraction: float, gap: int) -> list[int]:
    """After how many others each film comes back to its reader; 0 for all but a seeded share.

    They are drawn among the first half of the queue, where as many films follow as must lie between, and wait up to
    half as long again as they must, so that no counting finds them.
    """
    seed, last = context.project.random_seed, context.round.films.count() - 1
    found = []
    for film in films:
        draw = random.Random(f"{seed}:repeat:{film.project_image.image.sha256}")  # noqa: S311
        early = film.order <= last / 2 and film.order + gap <= last
        found.append(gap + draw.randrange(gap // 2 + 1) if early and draw.random() < 2 * fraction else 0)
    return found
