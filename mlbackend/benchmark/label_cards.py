"""How far the masks of each label set are from the final ones, and what people's time went into them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from mlbackend.benchmark.config import FIXED, BenchmarkConfig
from mlbackend.benchmark.dataset import Dataset, Film
from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.record import LabelCard
from mlbackend.contracts import LABELS, RELATED, SELECTED, TRAINED
from mlbackend.data.reading import Mask, read_mask
from mlbackend.metrics import dice
from mlbackend.storage import DATA

_READERS = 4


@dataclass(frozen=True)
class _FilmCard:
    """One film under one label set."""

    changed: bool
    differing: bool
    dsc: float


def label_cards(data: Dataset, plan: Plan, config: BenchmarkConfig) -> dict[str, list[LabelCard]]:
    """By task, one card a label set in the config's order, over the films that are not in the fixed test set.

    Masks are compared by their pixels at the film's own size: two files of the same pixels have not changed. Memory
    holds a few films. Precondition: the dataset was loaded with its history.
    """
    found = {}
    for task in config.tasks:
        parts = plan.of(data.films, task, 1)
        films = [*parts["train"], *parts["validation"], *(parts["test"] if config.test != FIXED else [])]
        with ThreadPoolExecutor(_READERS) as pool:
            rows = list(pool.map(lambda film, task=task: _compare(data, film, task, config.label_sets), films))
        found[task] = [_card(data, films, rows, task, place, config) for place in range(len(config.label_sets))]
    return found


def _compare(data: Dataset, film: Film, task: str, label_sets: Sequence[str]) -> list[_FilmCard]:
    """A mask is decoded once, however many label sets have it, and not at all where all of them do."""

    @cache
    def pixels(key: str) -> Mask:
        return read_mask(data.storage.read(key.removeprefix(DATA)), f"mask of film {film.film_id!r}")

    def same(one: str, other: str) -> bool:
        return one == other or bool((pixels(one) == pixels(other)).all())

    cards, final = [], film.masks[task]
    before = film.mask(task, label_sets[0])
    for label_set in label_sets:
        key = film.mask(task, label_set)
        differing = not same(key, final)
        cards.append(
            _FilmCard(not same(key, before), differing, dice(pixels(key), pixels(final)) if differing else 1.0)
        )
        before = key
    return cards


def _card(
    data: Dataset,
    films: Sequence[Film],
    rows: Sequence[list[_FilmCard]],
    task: str,
    place: int,
    config: BenchmarkConfig,
) -> LabelCard:
    label_set = config.label_sets[place]
    mine = [row[place] for row in rows]
    differing = [card.dsc for card in mine if card.differing]
    known = [film.earlier[task][label_set] for film in films if task in film.earlier]
    since = LABELS.index(config.label_sets[place - 1]) + 1 if place else 0
    steps = LABELS[since : LABELS.index(label_set) + 1]
    saw = Counter(mask.network_saw for mask in known)
    step = data.history.steps.get(task, {}).get(label_set, {}) if data.history else {}
    return LabelCard(
        label_set=label_set,
        films=len(films),
        changed=sum(card.changed for card in mine),
        differing=len(differing),
        dsc_to_final=sum(card.dsc for card in mine) / len(mine) if mine else 1.0,
        dsc_to_final_of_differing=sum(differing) / len(differing) if differing else None,
        active_seconds=round(
            sum(film.earlier[task][name].active_seconds for film in films if task in film.earlier for name in steps), 3
        ),
        network_saw={name: saw[name] for name in (TRAINED, SELECTED, RELATED)},
        stage=step.get("name", ""),
        state=step.get("state", ""),
    )
