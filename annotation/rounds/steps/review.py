"""Steps in which people work: offer the tasks, wait for the last one and the grace period, estimate the rest."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from annotation.images.models import ImageRole, ImageState
from annotation.projects.protocol import ReviewStage, VerificationStage
from annotation.reviews.models import UNSETTLED, BatchState, ReviewBatch, TaskKind, TaskState
from annotation.reviews.services import (
    corrections_release,
    repeats_drop,
)
from annotation.rounds.models import RepositoryEntry, RoundFilm
from annotation.rounds.repository import current
from annotation.rounds.rows import FilmRow, film_rows, stratum_of
from annotation.rounds.steps.base import Context, Poll
from annotation.rounds.steps.train import share


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
        first = list(context.round.steps.filter(index__lte=context.step.index).order_by("index"))
        chosen, last = first[0], next(i for i, step in enumerate(first) if step.kind == "review")
        excluded = films.filter(project_image__state=ImageState.EXCLUDED).count()
        replaced = films.count() - int(chosen.params["count"])
        waiting = context.project.project_images.filter(role=ImageRole.POOL, state=ImageState.WAITING).count()
        count = min(excluded - replaced, waiting)
        if count <= 0:
            return False
        # The new ones go the way of the first: whatever lies between their choice and their review.
        kept = [(step.kind, dict(step.params)) for step in first[1 : last + 1]]
        again = [(kind, {key: v for key, v in params.items() if key != "close_now"}) for kind, params in kept]
        context.insert_after([("choose", {"count": count, "replaces": excluded}), *again])
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
