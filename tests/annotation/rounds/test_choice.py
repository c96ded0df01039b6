"""The choice of a batch and stage IV's draw: reproducible, in proportion, whole groups."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.rounds.choice import Film, allocate, choose
from annotation.rounds.draw import draw_groups

SIZES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 60), min_size=1)


def films(count: int, seed: int = 0, strata: str = "ab") -> list[Film]:
    rng = random.Random(seed)
    return [
        Film(f"id{n}", f"{rng.random():.17f}", rng.choice(strata), tuple(rng.random() for _ in range(4)))
        for n in range(count)
    ]


@given(SIZES, st.integers(0, 200))
def test_shares_add_up_and_no_stratum_gives_more_than_it_has(sizes: dict[str, int], count: int) -> None:
    shares = allocate(sizes, count)
    assert sum(shares.values()) == min(count, sum(sizes.values()))
    assert all(0 < share <= sizes[name] for name, share in shares.items())


@given(SIZES, st.integers(0, 200))
def test_every_stratum_gives_one_film_while_there_are_enough(sizes: dict[str, int], count: int) -> None:
    shares = allocate(sizes, count)
    assert len(shares) == min(len(sizes), count)


def test_shares_of_a_hand_made_pool() -> None:
    assert allocate({"covid": 60, "normal": 30, "rare": 10}, 10) == {"covid": 6, "normal": 3, "rare": 1}
    assert allocate({"covid": 98, "rare": 2}, 10) == {"covid": 9, "rare": 1}


@given(st.integers(1, 40), st.integers(0, 50), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_choice_does_not_depend_on_the_order_in_which_films_come(pool: int, count: int, seed: int) -> None:
    waiting, taken = films(pool), films(5, seed=9)
    shuffled = random.Random(7).sample(waiting, len(waiting))
    first, again = choose(waiting, taken, count, seed), choose(shuffled, taken, count, seed)
    assert first == again
    assert len({item.id for item in first}) == len(first) == min(pool, count)


def test_another_seed_breaks_ties_in_another_order() -> None:
    alike = [Film(film.id, film.key, film.stratum, ()) for film in films(30)]
    chosen = {tuple(sorted(item.id for item in choose(alike, [], 6, seed))) for seed in range(6)}
    assert len(chosen) > 1


def test_the_choice_covers_the_features_better_than_chance() -> None:
    waiting = films(200, strata="a")
    points = {film.id: np.array(film.features) for film in waiting}

    def farthest(ids: list[str]) -> float:
        return max(min(float(np.linalg.norm(point - points[i])) for i in ids) for point in points.values())

    chosen = farthest([item.id for item in choose(waiting, [], 20, 1)])
    by_chance = [farthest(random.Random(n).sample(sorted(points), 20)) for n in range(30)]
    assert chosen < min(by_chance)


def test_films_near_those_already_taken_come_last() -> None:
    taken = [Film("old", "0", "a", (0.0, 0.0))]
    waiting = [
        Film("near", "1", "a", (0.01, 0.0)),
        Film("far", "2", "a", (5.0, 5.0)),
        Film("mid", "3", "a", (2.0, 2.0)),
    ]
    order = sorted(choose(waiting, taken, 3, 1), key=lambda item: item.reason)
    assert [item.id for item in order] == ["far", "mid", "near"]
    assert order[0].reason.startswith("a: 1 of 3 (3 waiting);")


@st.composite
def drawn_pools(draw: st.DrawFn) -> list[tuple[str, str, str, str]]:
    count = draw(st.integers(1, 60))
    groups = draw(st.integers(1, count))
    rng = random.Random(draw(st.integers(0, 1000)))
    strata = "abc"[: draw(st.integers(1, 3))]
    return [(f"id{n}", f"{rng.random():.17f}", f"g{rng.randrange(groups)}", rng.choice(strata)) for n in range(count)]


@given(drawn_pools(), st.floats(0.05, 1.0), st.integers(0, 9), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_a_draw_takes_whole_groups_and_never_a_barred_one(
    pool: list[tuple[str, str, str, str]], fraction: float, seed: int, bars: int
) -> None:
    groups = sorted({film[2] for film in pool})
    barred = set(random.Random(seed).sample(groups, min(bars, len(groups))))
    drawn = draw_groups(pool, fraction=fraction, barred=barred, seed=seed)
    for group in groups:
        members = {film[0] for film in pool if film[2] == group}
        assert members <= drawn or not members & drawn
        assert not (group in barred and members & drawn)
    assert drawn == draw_groups(pool[::-1], fraction=fraction, barred=barred, seed=seed)


@given(st.integers(5, 80), st.sampled_from([0.1, 0.2, 0.25, 0.5]), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_draw_of_single_films_has_each_stratums_share(count: int, fraction: float, seed: int) -> None:
    pool = [(f"id{n}", f"{n:05d}", f"g{n}", "ab"[n % 2]) for n in range(count)]
    drawn = draw_groups(pool, fraction=fraction, barred=set(), seed=seed)
    assert len(drawn) == max(1, round(fraction * count))
    by_stratum = Counter(film[3] for film in pool if film[0] in drawn)
    for name, size in Counter(film[3] for film in pool).items():
        assert abs(by_stratum[name] - fraction * size) < 1


def test_an_empty_repository_gives_an_empty_draw() -> None:
    assert draw_groups([], fraction=0.2, barred=set(), seed=1) == set()
