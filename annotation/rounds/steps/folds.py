"""Cross-validation: networks that never saw the patients whose films they predict."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from annotation.projects.protocol import validation_count
from annotation.rounds.repository import current
from annotation.rounds.rows import FilmRow, film_rows, stratum_of
from annotation.rounds.steps.base import Context, Poll, StepFailed
from annotation.rounds.steps.train import networks_poll, train_job
from mlbackend.contracts import Split, TrainSample

INNER_VALIDATION = 0.2
"""Share of a fold's training patients that choose its best epoch: never those whose films it predicts."""


class TrainFolds:
    """Train each network once a fold, on the truths of the round's films outside it; params: ``networks``, ``folds``.

    Which patients a network knows is written on it, and by that alone predictions are given to it (``Predict``).
    """

    def start(self, context: Context) -> None:
        """One job a network and fold."""
        params = context.step.params
        films = film_rows(context.round.films.order_by("order"), "project_image__")
        masks = {
            entry.project_image_id: entry.mask.storage_key
            for entry in current(context.project)
            .filter(project_image__rounds__round=context.round)
            .select_related("mask")
            .defer("mask__note")
        }
        keys = dict(context.round.films.values_list("project_image", "project_image__image__rendition_key"))
        names = dict(context.round.films.values_list("project_image", "project_image__image"))
        films = sorted((film for film in films if film.pk in masks), key=lambda film: film.key)
        fold_of = folds_by_group(films, int(params["folds"]), context.seed("folds"))
        for fold in range(max(fold_of.values()) + 1):
            rest = [film for film in films if fold_of[film.group] != fold]
            selecting = _selecting(rest, context.seed(f"validation{fold}"))
            samples = [
                TrainSample(
                    str(names[film.pk]), keys[film.pk], masks[film.pk], str(film.group),
                    Split.VALIDATION if film.group in selecting else Split.TRAIN,
                )
                for film in rest
            ]  # fmt: skip
            for network in params["networks"]:
                train_job(context, network, samples, purpose="fold", seed_name=f"fold{fold}", fold=fold)
        context.step.outcome = {"films": len(films), "folds": max(fold_of.values()) + 1}

    def poll(self, context: Context) -> Poll:
        """Done when every job has its network; a failed job fails the step."""
        return networks_poll(context)


def folds_by_group(films: Sequence[FilmRow], folds: int, seed: int) -> dict[UUID, int]:
    """Fold of each split group, 0 first: whole groups, each stratum spread over the folds, which hold about as many
    films. The same films and seed give the same folds. Raises StepFailed where there are fewer than three groups.
    """
    members: dict[UUID, list[FilmRow]] = defaultdict(list)
    for film in sorted(films, key=lambda film: film.key):
        members[film.group].append(film)
    if len(members) < 3:
        raise StepFailed(
            f"{len(members)} patients are too few for cross-validation: two train and select, one is predicted; "
            "draw films of more patients"
        )
    folds = min(folds, len(members))
    groups = sorted(members, key=lambda group: members[group][0].key)
    random.Random(seed).shuffle(groups)  # noqa: S311
    # The largest first, so that the small ones even out; within a stratum the fold that has least of it comes next.
    groups.sort(key=lambda group: -len(members[group]))
    sizes = [0] * folds
    of_stratum: dict[str, list[int]] = defaultdict(lambda: [0] * folds)
    found: dict[UUID, int] = {}
    for group in groups:
        own = of_stratum[stratum_of(members[group][0])]
        fold = min(range(folds), key=lambda one: (own[one], sizes[one], one))
        found[group] = fold
        own[fold] += len(members[group])
        sizes[fold] += len(members[group])
    return found


def _selecting(films: Sequence[FilmRow], seed: int) -> set[UUID]:
    """Groups that choose the best epoch of a fold's networks."""
    groups = list(dict.fromkeys(film.group for film in films))
    random.Random(seed).shuffle(groups)  # noqa: S311
    return set(groups[: validation_count(INNER_VALIDATION, len(groups))])
