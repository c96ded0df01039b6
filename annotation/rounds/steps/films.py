"""Steps that say which films a round is about: a diverse batch, all that remain, the denied, stage IV's draw."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.projects.models import Project
from annotation.projects.protocol import DrawingStage, EvaluationStage, VerificationStage, validation_count
from annotation.rounds.choice import Chosen, Film, choose
from annotation.rounds.draw import draw_groups
from annotation.rounds.models import RoundFilm
from annotation.rounds.repository import current
from annotation.rounds.rows import FilmRow, film_rows, stratum_of
from annotation.rounds.steps.base import Context, Poll, StepFailed, seed_of

CHOICE_METHOD = "shares by class and source, spread by farthest point over image features"
DRAW_METHOD = "stratified draw of whole patients"


@dataclass(frozen=True)
class BatchChoice:
    """A batch as it is chosen from what waits: all films of the pool by id, those that wait, and the chosen ones."""

    films: dict[str, FilmRow]
    waiting: list[str]
    chosen: list[Chosen]


def choice_seed(project: Project, round_number: int, step_index: int) -> int:
    """The number by which a round's choice breaks ties."""
    return seed_of(project, round_number, f"choice{step_index}")


def batch_choice(project: Project, count: int, seed: int) -> BatchChoice:
    """What would be chosen now; changes nothing. Same films and seed, same choice."""
    pool = ProjectImage.objects.filter(project=project, role=ImageRole.POOL)
    pool = pool.filter(state__in=[ImageState.WAITING, ImageState.SETTLED, ImageState.CHOSEN])
    features = dict(pool.values_list("pk", "image__features"))
    by_id = {str(film.pk): film for film in film_rows(pool)}

    def as_chosen(film: FilmRow) -> Film:
        return Film(str(film.pk), film.key, stratum_of(film), tuple(features[film.pk]))

    waiting = [as_chosen(film) for film in by_id.values() if film.state == ImageState.WAITING]
    taken = [as_chosen(film) for film in by_id.values() if film.state != ImageState.WAITING]
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
                round=context.round,
                project_image_id=by_id[item.id].pk,
                order=first + i,
                stratum=item.stratum,
                reason=item.reason[:300],
            )
            for i, item in enumerate(chosen)
        )
        ids = [item.id for item in chosen]
        ProjectImage.objects.filter(pk__in=ids).update(state=ImageState.CHOSEN)
        counts = Counter(item.stratum for item in chosen)
        waiting = len(choice.waiting)
        context.step.outcome = {"chosen": len(chosen), "strata": dict(sorted(counts.items())), "waiting": waiting}
        if "replaces" not in context.step.params:
            self._set_apart(context, [by_id[item_id] for item_id in ids])
        else:
            # The batch is explained by its first choice; what came for excluded films stands at their own step.
            return
        context.round.explanation = {
            "method": CHOICE_METHOD,
            "seed": seed,
            **context.step.outcome,
        }
        context.round.save(update_fields=["explanation"])

    def _set_apart(self, context: Context, films: list[FilmRow]) -> None:
        """Split groups that select and never teach: of a drawing stage the fixed pool, of batches what it grows by."""
        first: dict[UUID, str] = {}
        for film in films:
            first[film.group] = min(first.get(film.group, "~"), film.key)
        groups = sorted(first, key=lambda group: first[group])
        stage = context.stage
        if isinstance(stage, DrawingStage):
            count = validation_count(stage.validation_fraction, len(groups))
        elif isinstance(stage, EvaluationStage):
            count = round(stage.validation_growth * len(groups))
        else:
            count = 0
        if not count:
            return
        drawn = random.Random(context.seed("validation")).sample(groups, count)  # noqa: S311
        grown = ProjectImage.objects.filter(
            project=context.project, role=ImageRole.POOL, split=ImageSplit.NONE, image__patient__split_group__in=drawn
        )
        context.step.outcome["validation_grown_by"] = grown.update(split=ImageSplit.VALIDATION)

    def poll(self, context: Context) -> Poll:
        """The choice is made at once."""
        return Poll.DONE


class TakeFilms:
    """All waiting films (stage III) or all denied ones; params: ``state``."""

    def start(self, context: Context) -> None:
        """Take them, in an order that does not depend on the database."""
        state = context.step.params["state"]
        found = ProjectImage.objects.filter(project=context.project, role=ImageRole.POOL, state=state)
        films = sorted(film_rows(found), key=lambda film: film.key)
        random.Random(context.seed("order")).shuffle(films)  # noqa: S311
        RoundFilm.objects.bulk_create(
            (
                RoundFilm(
                    round=context.round, project_image_id=film.pk, order=i, stratum=stratum_of(film), reason=state
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


class TakeAgain:
    """Films that a stage settled come again; params: ``stage``, its index. They stay settled until somebody says
    otherwise."""

    def start(self, context: Context) -> None:
        """In an order of their own, so that nobody meets them as he drew them."""
        found = ProjectImage.objects.filter(
            project=context.project, state=ImageState.SETTLED, rounds__round__stage=context.step.params["stage"]
        )
        films = sorted(set(film_rows(found)), key=lambda film: film.key)
        if not films:
            raise StepFailed("no film was settled in the stage before: nothing is there to choose from")
        random.Random(context.seed("order")).shuffle(films)  # noqa: S311
        RoundFilm.objects.bulk_create(
            (
                RoundFilm(
                    round=context.round, project_image_id=film.pk, order=i, stratum=stratum_of(film), reason="again"
                )
                for i, film in enumerate(films)
            ),
            batch_size=500,
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
        ordered.sort(key=lambda film: film.key)
        random.Random(context.seed("order")).shuffle(ordered)  # noqa: S311
        RoundFilm.objects.bulk_create(
            (
                RoundFilm(
                    round=context.round, project_image_id=film.pk, order=i, stratum=strata[film.pk], reason="drawn"
                )
                for i, film in enumerate(ordered)
            ),
            batch_size=500,
        )
        for start in range(0, len(ordered), 500):
            some = [film.pk for film in ordered[start : start + 500]]
            ProjectImage.objects.filter(pk__in=some).update(split=ImageSplit.TEST)
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
) -> tuple[dict[UUID, FilmRow], dict[UUID, str], set[str]]:
    """Films that have their truth, their strata, and the ids of those that would be drawn now; changes nothing."""
    settled = current(project).filter(project_image__role=ImageRole.POOL)
    films = {film.pk: film for film in film_rows(settled, "project_image__")}
    strata = {pk: stratum_of(film, stage.strata) for pk, film in films.items()}
    drawn = draw_groups(
        [(str(pk), film.key, str(film.group), strata[pk]) for pk, film in films.items()],
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
