"""Share of a map's mass in a region, by hand, by counting, and by what must hold of any map."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlbackend.metrics import mass_share

REGION = np.array([[1, 1, 0, 0]] * 2 + [[0, 0, 0, 0]] * 2)
maps = st.lists(st.integers(0, 255), min_size=16, max_size=16).map(lambda values: np.array(values).reshape(4, 4))


def test_four_by_four_by_hand() -> None:
    drawn = np.array([[3, 1, 0, 2], [0, 0, 0, 0], [0, 0, 4, 0], [0, 0, 0, 0]])
    assert mass_share(drawn, REGION) == pytest.approx(4 / 10)


@given(maps)
def test_it_is_the_fraction_that_counting_gives(drawn: np.ndarray) -> None:
    inside = sum(int(drawn[y, x]) for y in range(4) for x in range(4) if REGION[y, x])
    found = mass_share(drawn, REGION)
    assert found is None if not drawn.any() else found == pytest.approx(float(Fraction(inside, int(drawn.sum()))))


@given(maps, st.floats(0.001, 1000))
def test_the_maps_unit_does_not_matter_and_region_and_rest_are_all(drawn: np.ndarray, unit: float) -> None:
    if drawn.any():
        inside, outside = mass_share(drawn, REGION), mass_share(drawn, 1 - REGION)
        assert inside is not None
        assert outside is not None
        assert mass_share(drawn * unit, REGION) == pytest.approx(inside)
        assert inside + outside == pytest.approx(1)


def test_a_flat_map_has_the_regions_share_of_the_area() -> None:
    assert mass_share(np.full((4, 4), 0.7), REGION) == pytest.approx(REGION.mean())


def test_a_map_of_nothing_has_no_share() -> None:
    assert mass_share(np.zeros((4, 4)), REGION) is None


@pytest.mark.parametrize(
    ("drawn", "words"),
    [(np.zeros((4, 3)), "both must be the same"), (-np.eye(4), "below 0"), (np.full((4, 4), np.nan), "not finite")],
)
def test_what_is_no_map_of_the_region_is_refused(drawn: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mass_share(drawn, REGION)
