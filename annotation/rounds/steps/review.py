"""Steps in which people work: offer the tasks, wait for the last one and the grace period, estimate the rest."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from annotation.common.planner import planner_tell
from annotation.images.models import ImageRole, ImageState
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.projects.protocol import EvaluationStage, ReviewStage, SelectionStage, VerificationStage
from annotation.reviews.models import UNSETTLED, BatchState, ReviewBatch, ReviewTask, TaskCandidate, TaskKind, TaskState
from annotation.reviews.services import (
    batch_open,
    corrections_release,
    probe_tasks_create,
    proposal_tasks_create,
    repeats_drop,
    selection_tasks_create,
)
from annotation.rounds.models import RepositoryEntry, RoundFilm
from annotation.rounds.repository import current
from annotation.rounds.rows import FilmRow, film_rows, stratum_of
from annotation.rounds.steps.base import Context, Poll, StepFailed
from annotation.rounds.steps.predict import candidates_of
from annotation.rounds.steps.train import share

OFFERED_AT_ONCE = 100


class Offer:
    """Make the tasks of the films that have none yet; params: ``kind`` of the tasks."""

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
        stage = context.stage
        assert isinstance(stage, SelectionStage)
        by_image = candidates_of(context, films)
        selection_tasks_create(
            batch=batch,
            candidates=[(film.project_image, by_image[film.project_image.image_id]) for film in films],
            seed=context.project.random_seed,
            tie_dsc=stage.tie_dsc,
            replicas=readers(context, films, stage.replicas, stage.double_read_fraction),
            repeats=repeats(context, films, stage.repeat_fraction, stage.repeat_gap),
            first_order=films[0].order,
        )

    def _verifications(self, batch: ReviewBatch, films: list[RoundFilm]) -> None:
        entries = RepositoryEntry.objects.filter(
            project_image__in=[film.project_image_id for film in films], superseded_at__isnull=True
        ).select_related("mask")
        masks = {entry.project_image_id: entry.mask for entry in entries}
        proposal_tasks_create(
            batch=batch, proposals=[(film.project_image, masks[film.project_image_id]) for film in films],
            kind=TaskKind.VERIFICATION, role=Role.PHYSICIAN, first_order=films[0].order,
        )  # fmt: skip


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


def closes_at(batch: ReviewBatch, stage: ReviewStage, *, close_now: bool) -> datetime | None:
    """When a batch closes: its last act and the grace period for undo; at once with ``close_now``, or where nobody had
    to act. None while a task is open or set aside, but for choices that come back, which hold nobody up.
    """
    unsettled = batch.tasks.filter(state__in=UNSETTLED)
    if unsettled.exclude(state=TaskState.OPEN, repeat_of__isnull=False).exists():
        return None
    last: datetime | None = batch.tasks.filter(state=TaskState.DONE).aggregate(last=Max("settled_at"))["last"]
    if last is None or close_now:
        return timezone.now()
    return last + timedelta(seconds=stage.undo_grace_seconds)


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


class Review:
    """Wait until the last task is settled and the grace period for undo is over; then close the batch.

    In stage II excluded films are replaced first; params: ``replace`` says so, ``close_now`` skips the grace period.
    """

    def start(self, context: Context) -> None:
        """The tasks are there."""

    def poll(self, context: Context) -> Poll:
        """WAIT while work is open, or a film is set aside: an admin puts it back or excludes it."""
        corrections_release(ReviewBatch.objects.get(round=context.round))
        batch = ReviewBatch.objects.select_for_update(no_key=True, of=("self",)).get(round=context.round)
        params, stage = context.step.params, context.stage
        assert isinstance(stage, ReviewStage)
        closing = closes_at(batch, stage, close_now=bool(params.get("close_now")))
        if closing is None:
            return Poll.WAIT
        graceful = timezone.now() < closing
        # A repeat is for one person alone, who may be gone for the day: it holds nobody up longer than an undo.
        repeats_drop(batch, wait=graceful)
        if graceful:
            return Poll.WAIT
        if params.get("replace") and self._replace(context):
            return Poll.DONE
        batch.state, batch.closed_at = BatchState.CLOSED, timezone.now()
        batch.save(update_fields=["state", "closed_at"])
        return Poll.DONE

    def _replace(self, context: Context) -> bool:
        """Choose as many new films as were excluded and not replaced yet; True where there are any."""
        films = context.round.films
        excluded = films.filter(project_image__state=ImageState.EXCLUDED).count()
        replaced = films.count() - int(context.round.steps.order_by("index").first().params["count"])  # type: ignore[union-attr]
        waiting = context.project.project_images.filter(role=ImageRole.POOL, state=ImageState.WAITING).count()
        count = min(excluded - replaced, waiting)
        if count <= 0:
            return False
        context.insert_after(
            [
                ("choose", {"count": count, "replaces": excluded}),
                ("predict", {"models": "main"}),
                ("offer", {"kind": TaskKind.VERDICT}),
                ("review", {"replace": True}),
            ]
        )
        return True


class Estimate:
    """Stage IV: the corrected share of each stratum estimates the rest; a stratum above the limit is verified whole."""

    def start(self, context: Context) -> None:
        """Nothing to prepare."""

    def poll(self, context: Context) -> Poll:
        """Count, and reopen strata where the protocol says so."""
        stage = context.stage
        assert isinstance(stage, VerificationStage)
        corrected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        drawn = (
            context.round.films.filter(reason="drawn")
            # Nobody has verified a film that was excluded because it could not be loaded.
            .exclude(project_image__state=ImageState.EXCLUDED)
            .values_list("stratum", "project_image_id")
        )
        verdicts = dict(
            RepositoryEntry.objects.filter(project=context.project, superseded_at__isnull=True).values_list(
                "project_image_id", "verified"
            )
        )
        for stratum, film in drawn:
            corrected[stratum][0] += 1
            corrected[stratum][1] += verdicts.get(film) == "corrected"
        strata: dict[str, Any] = {
            name: {"verified": n, "corrected": k, **share(k, n), "reopened": k / n > stage.reopen_above}
            for name, (n, k) in sorted(corrected.items())
        }
        verified = sum(n for n, _ in corrected.values())
        wrong = sum(k for _, k in corrected.values())
        reopened = sorted(name for name, figures in strata.items() if figures["reopened"])
        films = self._rest(context, stage, reopened)
        context.step.outcome = {
            "strata": strata, "verified": verified, "corrected": wrong, **share(wrong, verified),
            "limit": stage.reopen_above, "reopened_films": len(films),
        }  # fmt: skip
        if films:
            first = context.next_film_order()
            RoundFilm.objects.bulk_create(
                RoundFilm(
                    round=context.round, project_image_id=film.pk, order=first + i, stratum=name, reason="reopened"
                )
                for i, (film, name) in enumerate(films)
            )
            ReviewBatch.objects.filter(round=context.round).update(state=BatchState.OPEN, closed_at=None)
            context.insert_after([("offer", {"kind": TaskKind.VERIFICATION}), ("review", {})])
        return Poll.DONE

    def _rest(self, context: Context, stage: VerificationStage, reopened: list[str]) -> list[tuple[FilmRow, str]]:
        """Films of the reopened strata that were not drawn, with their stratum."""
        if not reopened:
            return []
        entries = (
            current(context.project)
            .filter(project_image__role=ImageRole.POOL)
            .exclude(project_image__rounds__round=context.round)
        )
        films = [(film, stratum_of(film, stage.strata)) for film in film_rows(entries, "project_image__")]
        chosen = [(film, name) for film, name in films if name in reopened]
        chosen.sort(key=lambda pair: pair[0].key)
        return chosen
