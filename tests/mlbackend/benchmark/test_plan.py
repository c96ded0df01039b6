"""Splits of a benchmark: no patient, and no near duplicate, on two sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.dataset import Dataset, Film
from mlbackend.benchmark.plan import make_plan
from mlbackend.config import ConfigError
from tests.mlbackend.benchmark.world import config


def dataset(groups: list[int], labels: list[str] | None = None, split: str = "") -> Dataset:
    """Films of the given groups, in memory only; ``covid`` films have an infection."""
    labels = labels or ["covid"] * len(groups)
    films = [
        Film(
            film_id=f"f{number:03d}",
            image_key="",
            masks={"lung": "x", "infection": "x" if label == "covid" else ""},
            drawn_by={},
            patient=f"p{group}",
            group=f"p{group}",
            label=label,
            split=split,
            infected=label == "covid",
        )
        for number, (group, label) in enumerate(zip(groups, labels, strict=True))
    ]
    return Dataset(Path(), "made", films, "hash")


def sides(made: BenchmarkConfig, data: Dataset) -> list[dict[str, set[str]]]:
    """Groups of each split, fold by fold."""
    group = {film.film_id: film.group for film in data.films}
    plan = make_plan(made, data)
    return [
        {split: {group[film_id] for film_id in getattr(fold, split)} for split in ("train", "validation", "test")}
        for fold in plan.folds
    ]


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.integers(0, 25), min_size=40, max_size=90),
    seed=st.integers(0, 50),
    test=st.sampled_from(["fixed", "folds"]),
    folds=st.integers(2, 5),
)
def test_no_patient_is_on_two_sides_and_every_film_on_one(groups: list[int], seed: int, test: str, folds: int) -> None:
    data = dataset(groups)
    if len(set(groups)) < 12:
        return
    made = config(test=test, folds=folds, seed=seed)
    for fold in sides(made, data):
        assert not fold["train"] & fold["validation"]
        assert not (fold["train"] | fold["validation"]) & fold["test"]
    for fold in make_plan(made, data).folds:
        assert sorted([*fold.train, *fold.validation, *fold.test]) == [film.film_id for film in data.films]
    tested = [film_id for fold in make_plan(made, data).folds for film_id in fold.test]
    wanted = folds if test == "fixed" else 1
    assert set(Counter(tested).values()) == {wanted}


def test_each_fold_validates_on_other_films_and_together_on_all_that_are_not_tested() -> None:
    plan = make_plan(config(folds=5), dataset(list(range(100))))
    validated = Counter(film_id for fold in plan.folds for film_id in fold.validation)
    assert set(validated.values()) == {1}
    assert len(validated) == 100 - len(plan.folds[0].test) == 80
    assert plan.test_from == "drawn"


def test_classes_are_spread_alike_over_test_and_folds() -> None:
    labels = ["covid"] * 50 + ["normal"] * 30 + ["other"] * 20
    data = dataset(list(range(100)), labels)
    label = {film.film_id: film.label for film in data.films}
    for fold in make_plan(config(folds=5), data).folds:
        for films, wanted in ((fold.test, (10, 6, 4)), (fold.validation, (8, 5, 3))):
            found = Counter(label[film_id] for film_id in films)
            assert all(
                abs(found[name] - count) <= 1 for name, count in zip(("covid", "normal", "other"), wanted, strict=True)
            )


def test_the_datasets_own_test_set_is_taken_as_it_is() -> None:
    data = dataset(list(range(30)))
    given_ = {"f001", "f007", "f020"}
    films = [replace(film, split="test" if film.film_id in given_ else "train") for film in data.films]
    plan = make_plan(config(), replace(data, films=films))
    assert plan.test_from == "given"
    assert all(set(fold.test) == given_ for fold in plan.folds)


def test_the_splits_follow_from_data_and_seed_not_from_the_rows_order() -> None:
    data = dataset(list(range(40)))
    turned = replace(data, films=data.films[::-1])
    assert make_plan(config(), data) == make_plan(config(), turned)
    assert make_plan(config(), data) != make_plan(config(seed=2), data)


def test_too_few_patients_are_told_with_how_many_are_needed() -> None:
    with pytest.raises(ConfigError, match=r"at least 6 patients.*there are 4"):
        make_plan(config(folds=5), dataset([0, 0, 1, 1, 2, 2, 3, 3] * 5))


def test_a_task_without_masks_is_told_with_the_way_out() -> None:
    data = dataset(list(range(20)))
    films = [replace(film, masks={"lung": "x"}, infected=None) for film in data.films]
    with pytest.raises(ConfigError, match="--tasks lung"):
        make_plan(config(), replace(data, films=films))


def test_a_fold_without_infection_is_named_and_the_others_are_run() -> None:
    labels = ["covid"] * 4 + ["normal"] * 56
    data = dataset(list(range(60)), labels)
    plan = make_plan(config(folds=5), data)
    problems = plan.problems["infection"]
    assert problems
    assert all("no film with infection" in words for words in problems)
    assert len(problems) < 5
    assert plan.problem("infection", int(problems[0].split()[1])) == problems[0]
    assert plan.problem("lung", 1) == ""


def test_one_patient_with_all_the_infection_is_no_benchmark_of_infection() -> None:
    data = dataset([0] * 10 + list(range(1, 41)), ["covid"] * 10 + ["normal"] * 40)
    with pytest.raises(ConfigError, match="no fold can be run"):
        make_plan(config(), data)
