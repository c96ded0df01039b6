"""Steps that say which films a round is about: a diverse batch, all that remain, the denied, stage IV's draw."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.projects.models import Project
from annotation.projects.protocol import EvaluationStage, VerificationStage
from annotation.rounds.choice import Chosen, Film, choose
from annotation.rounds.models import RoundFilm
from annotation.rounds.repository import current
from annotation.rounds.steps.base import Context, Poll, StepFailed, films_unread, seed_of, stratum_of

CHOICE_METHOD = "shares by class and source, spread by farthest point over image features"
DRAW_METHOD = "stratified draw of whole patients"


@dataclass(frozen=True)
class BatchChoice:
    """A batch as it is chosen from what waits: all films of the pool by id, those that wait, and the chosen ones."""

    films: dict[str, ProjectImage]
    waiting: list[str]
    chosen: list[Chosen]


def choice_seed(project: Project, round_number: int, step_index: int) -> int:
    """The number by which a round's choice breaks ties."""
    return seed_of(project, round_number, f"choice{step_index}")


def batch_choice(project: Project, count: int, seed: int) -> BatchChoice:
    """What would be chosen now; changes nothing. Same films and seed, same choice."""
    films = ProjectImage.objects.filter(project=project, role=ImageRole.POOL).select_related(
        "image__source", "image__patient"
    )
    films = films.defer(*films_unread("image"))
    by_id = {str(film.pk): film for film in films}
    waiting = [_film(film) for film in by_id.values() if film.state == ImageState.WAITING]
    taken = [_film(film) for film in by_id.values() if film.state in {ImageState.SETTLED, ImageState.CHOSEN}]
    taken.sort(key=lambda film: film.key)
    return BatchChoice(by_id, [film.id for film in waiting], choose(waiting, taken, count, seed))


class Choose:
    """Stage II's batch: ``params.count`` waiting films that cover class, source and image features."""

    def start(self, context: Context) -> None:
        """Choose, explain, and take the films out of the waiting ones."""
        seed = choice_seed(context.project, context.round.number, context.step.index)
        choice = batch_choice(context.project, int(context.step.params["count"]), seed)
        if not choice.waiting:
            raise StepFailed("no film is waiting: import more, or end the stage")
        chosen, by_id = choice.chosen, choice.films
        first = context.next_film_order()
        RoundFilm.objects.bulk_create(
            RoundFilm(
                round=context.round, project_image=by_id[item.id], order=first + i, stratum=item.stratum,
                reason=item.reason[:300],
            )
            for i, item in enumerate(chosen)
        )  # fmt: skip
        ids = [item.id for item in chosen]
        ProjectImage.objects.filter(pk__in=ids).update(state=ImageState.CHOSEN)
        counts = Counter(item.stratum for item in chosen)
        waiting = len(choice.waiting)
        context.step.outcome = {"chosen": len(chosen), "strata": dict(sorted(counts.items())), "waiting": waiting}
        self._grow_validation(context, [by_id[item_id] for item_id in ids])
        if "replaces" in context.step.params:
            # The batch is explained by its first choice; what came for excluded films stands at their own step.
            return
        context.round.explanation = {
            "method": CHOICE_METHOD,
            "seed": seed,
            **context.step.outcome,
        }
        context.round.save(update_fields=["explanation"])

    def _grow_validation(self, context: Context, films: list[ProjectImage]) -> None:
        stage = context.stage
        if not isinstance(stage, EvaluationStage) or not stage.validation_growth or "replaces" in context.step.params:
            return
        groups = sorted({film.image.patient.split_group for film in films}, key=str)
        groups.sort(key=lambda g: min(f.image.sha256 for f in films if f.image.patient.split_group == g))
        count = round(stage.validation_growth * len(groups))
        drawn = random.Random(context.seed("validation")).sample(groups, count)  # noqa: S311
        grown = ProjectImage.objects.filter(
            project=context.project, role=ImageRole.POOL, split=ImageSplit.NONE, image__patient__split_group__in=drawn
        )
        context.step.outcome["validation_grown_by"] = grown.update(split=ImageSplit.VALIDATION)

    def poll(self, context: Context) -> Poll:
        """The choice is made at once."""
        return Poll.DONE


def _film(film: ProjectImage) -> Film:
    image = film.image
    return Film(str(film.pk), image.sha256, stratum_of(image), tuple(image.features))


class TakeFilms:
    """All waiting films (stage III) or all denied ones; params: ``state``."""

    def start(self, context: Context) -> None:
        """Take them, in an order that does not depend on the database."""
        state = context.step.params["state"]
        films = list(
            ProjectImage.objects.filter(project=context.project, role=ImageRole.POOL, state=state)
            .select_related("image__source")
            .defer(*films_unread("image", "features"))
        )
        films.sort(key=lambda film: film.image.sha256)
        random.Random(context.seed("order")).shuffle(films)  # noqa: S311
        RoundFilm.objects.bulk_create(
            (
                RoundFilm(
                    round=context.round, project_image=film, order=i, stratum=stratum_of(film.image), reason=state
                )
                for i, film in enumerate(films)
            ),
            batch_size=500,
        )
        ProjectImage.objects.filter(project=context.project, role=ImageRole.POOL, state=state).update(
            state=ImageState.CHOSEN
        )
        context.step.outcome = {"films": len(films)}

    def poll(self, context: Context) -> Poll:
        """Nothing to wait for."""
        return Poll.DONE


class Draw:
    """Stage IV: a random share of each stratum, whole patients, never patients of seeds or of the validation pool.

    The drawn films become the test set. Groups are drawn in a seeded order until each stratum has its share.
    """

    def start(self, context: Context) -> None:
        """Draw, mark the test set, explain."""
        stage = context.stage
        assert isinstance(stage, VerificationStage)
        films, strata, drawn = test_set_draw(context.project, stage, context.seed("draw"))
        ordered = [film for pk, film in films.items() if str(pk) in drawn]
        ordered.sort(key=lambda film: film.image.sha256)
        random.Random(context.seed("order")).shuffle(ordered)  # noqa: S311
        RoundFilm.objects.bulk_create(
            (
                RoundFilm(round=context.round, project_image=film, order=i, stratum=strata[film.pk], reason="drawn")
                for i, film in enumerate(ordered)
            ),
            batch_size=500,
        )
        for film in ordered:
            film.split = ImageSplit.TEST
        ProjectImage.objects.bulk_update(ordered, ["split"], batch_size=500)
        sizes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for pk, name in strata.items():
            sizes[name][0] += 1
            sizes[name][1] += str(pk) in drawn
        context.step.outcome = {
            "drawn": len(ordered), "of": len(films),
            "strata": {name: {"films": n, "drawn": k} for name, (n, k) in sorted(sizes.items())},
        }  # fmt: skip
        context.round.explanation = {"method": DRAW_METHOD, **context.step.outcome}
        context.round.save(update_fields=["explanation"])

    def poll(self, context: Context) -> Poll:
        """The draw is made at once."""
        return Poll.DONE


def test_set_draw(
    project: Project, stage: VerificationStage, seed: int
) -> tuple[dict[UUID, ProjectImage], dict[UUID, str], set[str]]:
    """Films that have their truth, their strata, and the ids of those that would be drawn now; changes nothing."""
    entries = (
        current(project)
        .filter(project_image__role=ImageRole.POOL)
        .select_related("project_image__image__source", "project_image__image__patient")
        .defer(*films_unread("project_image__image", "features"))
    )
    films = {entry.project_image_id: entry.project_image for entry in entries}
    strata = {pk: stratum_of(film.image, stage.strata) for pk, film in films.items()}
    drawn = draw_groups(
        [(str(pk), film.image.sha256, str(film.image.patient.split_group), strata[pk]) for pk, film in films.items()],
        fraction=stage.fraction,
        barred={str(group) for group in _untestable_groups(project)},
        seed=seed,
    )
    return films, strata, drawn


def _untestable_groups(project: Project) -> set[object]:
    films = ProjectImage.objects.filter(project=project)
    seeds = films.filter(role=ImageRole.SEED).values_list("image__patient__split_group", flat=True)
    validation = films.filter(split=ImageSplit.VALIDATION).values_list("image__patient__split_group", flat=True)
    return {*seeds, *validation}


def draw_groups(films: list[tuple[str, str, str, str]], *, fraction: float, barred: set[str], seed: int) -> set[str]:
    """Ids of the drawn films; ``films`` are (id, key, group, stratum).

    Groups come in a seeded order: first those that fit into what their strata lack, then, while films are lacking,
    those that bring the draw nearer to the wanted numbers. Barred groups are never taken.
    """
    members: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for film in sorted(films, key=lambda film: film[1]):
        members[film[2]].append(film)
    sizes: dict[str, int] = defaultdict(int)
    for film in films:
        sizes[film[3]] += 1
    total = max(1, round(fraction * len(films))) if films else 0
    missing = _shares(sizes, fraction, total)
    groups = [group for group in members if group not in barred]
    groups.sort(key=lambda group: members[group][0][1])
    random.Random(seed).shuffle(groups)  # noqa: S311
    drawn: set[str] = set()
    for fits in (_fits, _brings_nearer):
        for group in groups:
            films_of = members[group]
            counts = Counter(film[3] for film in films_of)
            if len(drawn) < total and films_of[0][0] not in drawn and fits(missing, counts):
                drawn.update(film[0] for film in films_of)
                for name, count in counts.items():
                    missing[name] -= count
    return drawn


def _fits(missing: dict[str, int], counts: Counter[str]) -> bool:
    return all(count <= missing[name] for name, count in counts.items())


def _brings_nearer(missing: dict[str, int], counts: Counter[str]) -> bool:
    before = sum(abs(missing[name]) for name in counts)
    return sum(abs(missing[name] - count) for name, count in counts.items()) < before


def _shares(sizes: dict[str, int], fraction: float, total: int) -> dict[str, int]:
    """How many films each stratum gives: largest remainders, so that small strata do not add up to too many."""
    exact = {name: fraction * size for name, size in sizes.items()}
    shares = {name: int(value) for name, value in exact.items()}
    for name in sorted(sizes, key=lambda name: (shares[name] - exact[name], name)):
        if sum(shares.values()) >= total:
            break
        shares[name] += 1
    return defaultdict(int, shares)
