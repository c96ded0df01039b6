"""Who is tested, who validates, who trains: drawn once, by patient, and kept."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from mlbackend.benchmark.config import FIXED, INFECTION, BenchmarkConfig
from mlbackend.benchmark.dataset import FIRST, SECOND, TEST, Dataset, Film
from mlbackend.config import ConfigError
from mlbackend.contracts import Message
from mlbackend.data.splits import split_by_patient

GIVEN, DRAWN, FOLD = "given", "drawn", "fold"


@dataclass(frozen=True)
class Fold(Message):
    """Films of one fold, by id and sorted."""

    number: int
    """From 1."""
    train: list[str]
    validation: list[str]
    test: list[str]


@dataclass(frozen=True)
class Plan(Message):
    """The splits of a benchmark. The same data, shares and seed give the same plan."""

    data_hash: str
    test_from: str
    """``given`` by the dataset, ``drawn`` by share, or each ``fold`` in turn."""
    folds: list[Fold]
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By task: what a fold lacks, in words; its cells are not run."""

    def of(self, films: Sequence[Film], task: str, number: int) -> dict[str, list[Film]]:
        """Films of a fold that have a mask of ``task``, by split."""
        fold = self.folds[number - 1]
        known = {film.film_id: film for film in films if task in film.masks}
        parts = {"train": fold.train, "validation": fold.validation, "test": fold.test}
        return {split: [known[film_id] for film_id in ids if film_id in known] for split, ids in parts.items()}

    def problem(self, task: str, number: int) -> str:
        """Why a fold cannot be run for a task; empty where it can."""
        return next((words for words in self.problems.get(task, []) if words.startswith(f"fold {number} ")), "")


def make_plan(config: BenchmarkConfig, data: Dataset) -> Plan:
    """Draw the splits, stratified by label and infection, whole groups only.

    Raises ConfigError where a task has no masks or there are too few patients for the folds.
    """
    every = sorted(data.films, key=lambda film: film.film_id)
    films = [film for film in every if film.part != SECOND]
    for task in config.tasks:
        _check_task(task, films, config)
    given = {film.film_id for film in films if film.split == TEST}
    if config.test == FIXED:
        tested = given or _drawn(films, config)
        rest = [film for film in films if film.film_id not in tested]
        parts = _parts(rest, config)
        folds = [
            _fold(number, rest, set(part), sorted(tested))
            for number, part in enumerate(parts, start=1)
        ]  # fmt: skip
        origin = GIVEN if given else DRAWN
    else:
        folds, origin = [], FOLD
        for number, part in enumerate(_parts(films, config), start=1):
            rest = [film for film in films if film.film_id not in set(part)]
            held = _by_stratum(rest, config.validation_share, config.seed + number)
            folds.append(_fold(number, rest, held, sorted(part)))
    if config.second is not None:
        folds = [*folds, _second([film for film in every if film.part != FIRST], config)]
    plan = Plan(data.data_hash, origin, folds)
    problems = {task: _problems(plan, every, task) for task in config.tasks}
    for task, words in problems.items():
        if len(words) >= len(folds):
            raise ConfigError(f"{task}: no fold can be run; {words[0]}")
    return Plan(data.data_hash, origin, folds, {task: words for task, words in problems.items() if words})


def _second(films: Sequence[Film], config: BenchmarkConfig) -> Fold:
    """The second split: the data's own where it gives films one, as ChestX-ray14 does; the others' is drawn."""
    assert config.second is not None
    known = {film.group for film in films if film.split}
    free = [film for film in films if film.group not in known]
    tested = {film.film_id for film in films if film.split == TEST}
    if free:
        tested |= _by_stratum(free, config.second.test_share, config.seed + config.second_fold)
    rest = [film for film in films if film.film_id not in tested]
    held = _by_stratum(rest, config.validation_share, config.seed + config.second_fold)
    return _fold(config.second_fold, rest, held, sorted(tested))


REMEDY = "use more films, or a config of your own with fewer folds"


def _check_task(task: str, films: Sequence[Film], config: BenchmarkConfig) -> None:
    with_mask = [film for film in films if task in film.masks]
    if not with_mask:
        others = [name for name in config.tasks if name != task]
        raise ConfigError(
            f"tasks: no film has a mask of {task!r}; give the column mask_{task}"
            + (f", or run --tasks {' '.join(others)}" if others else "")
        )
    if task == INFECTION and not any(film.infected for film in with_mask):
        raise ConfigError("tasks: no film shows infection, so that there is none to learn; add films that do")
    groups = {film.group for film in with_mask}
    needed = config.folds + (config.test == FIXED)
    if len(groups) < needed:
        raise ConfigError(
            f"folds: {config.folds} folds and a test set need at least {needed} patients with a mask of {task!r}, but "
            f"there are {len(groups)}; {REMEDY}"
        )


def _stratum(film: Film) -> str:
    return f"{film.label}/{film.infected}"


def _drawn(films: Sequence[Film], config: BenchmarkConfig) -> set[str]:
    return _by_stratum(films, config.test_share, config.seed)


def _by_stratum(films: Sequence[Film], share: float, seed: int) -> set[str]:
    """Ids of about ``share`` of the films of each stratum; a group goes where most of its films belong."""
    of_group: dict[str, Counter[str]] = {}
    for film in films:
        of_group.setdefault(film.group, Counter())[_stratum(film)] += 1
    home = {group: min(counts, key=lambda s: (-counts[s], s)) for group, counts in of_group.items()}
    chosen: set[str] = set()
    for number, stratum in enumerate(sorted(set(home.values()))):
        members = [film for film in films if home[film.group] == stratum]
        # A stratum of one group goes to training: split_by_patient would have nothing to choose from.
        held = split_by_patient([film.group for film in members], share, seed * 1000 + number)
        chosen |= {film.film_id for film, out in zip(members, held, strict=True) if out}
    if not chosen or len(chosen) == len(films):
        held = split_by_patient([film.group for film in films], share, seed)
        chosen = {film.film_id for film, out in zip(films, held, strict=True) if out}
    return chosen


def _parts(films: Sequence[Film], config: BenchmarkConfig) -> list[list[str]]:
    """``folds`` parts of whole groups, alike in labels and infection."""
    splitter = StratifiedGroupKFold(n_splits=config.folds, shuffle=True, random_state=config.seed)
    strata, groups = [_stratum(film) for film in films], [film.group for film in films]
    if len(set(groups)) < config.folds:
        raise ConfigError(
            f"folds: {config.folds} folds need as many patients outside the test set, but there are "
            f"{len(set(groups))}; {REMEDY}"
        )
    rare = {stratum for stratum, count in Counter(strata).items() if count < config.folds}
    strata = ["rare" if stratum in rare else stratum for stratum in strata]
    if Counter(strata).most_common(1)[0][1] < config.folds:
        strata = ["all"] * len(films)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        parts = [part for _, part in splitter.split(np.zeros(len(films)), strata, groups)]
    return [sorted(films[row].film_id for row in part) for part in parts]


def _fold(number: int, rest: Sequence[Film], held: set[str], test: list[str]) -> Fold:
    train = sorted(film.film_id for film in rest if film.film_id not in held)
    return Fold(number, train, sorted(held), test)


def _problems(plan: Plan, films: Sequence[Film], task: str) -> list[str]:
    found = []
    for fold in plan.folds:
        parts = plan.of(films, task, fold.number)
        empty = [split for split, members in parts.items() if not members]
        if task == INFECTION and not empty:
            empty = [split for split in ("train", "validation") if not any(film.infected for film in parts[split])]
            what = "film with infection"
        else:
            what = f"film with a mask of {task}"
        if empty:
            found.append(f"fold {fold.number} has no {what} in {' and '.join(empty)}; {REMEDY}")
    return found
