"""What the database works out of a film's figures is what the rules say in Python."""

from __future__ import annotations

import random
from typing import Any

import pytest

from annotation.images.generated import CODES, codes_of
from annotation.images.models import Image
from annotation.images.quality import CLIPPED_LIMIT, EXPOSURE_RANGE, LOW_CONTRAST, LOW_SHARPNESS, LOW_SNR_DB
from annotation.images.screening import screening_page
from annotation.images.suggestions import RULES, suggestions, worst_figure
from tests.factories import ImageFactory, ProjectFactory, ProjectImageFactory

pytestmark = pytest.mark.django_db

LIMITS = {
    "exposure": EXPOSURE_RANGE[0], "clipped": CLIPPED_LIMIT, "contrast": LOW_CONTRAST, "snr_db": LOW_SNR_DB,
    "sharpness": LOW_SHARPNESS,
}  # fmt: skip


def any_film(rng: random.Random) -> dict[str, Any]:
    """A view and figures, some of them missing, some exactly at a limit."""
    figures = {
        "exposure": rng.random(), "clipped": rng.random(), "contrast": rng.random(), "snr_db": rng.uniform(-5, 70),
        "sharpness": rng.uniform(0, 0.2), "noise": rng.random(),
    }  # fmt: skip
    for name, limit in LIMITS.items():
        if rng.random() < 0.2:
            figures[name] = limit
        elif rng.random() < 0.2:
            del figures[name]
    view = rng.choice(["", "PA", "ap supine", "LL", "Lateral", "p", "Äp", "PA'"])
    return {"view": view, "quality": figures if rng.random() < 0.95 else {}}


def test_the_database_and_python_find_the_same_reasons_and_the_same_worst_figure() -> None:
    rng = random.Random(3)
    films = [ImageFactory(**any_film(rng)) for _ in range(150)]
    for image in Image.objects.filter(pk__in=[film.pk for film in films]):
        said = {one["code"] for one in suggestions(image.view, image.quality)}
        assert set(codes_of(image.suggestion_bits)) == said, (image.view, image.quality)
        assert image.worst_figure == pytest.approx(worst_figure(image.quality), abs=1e-12), image.quality


def test_every_rule_has_a_bit_of_its_own() -> None:
    assert [rule.code for rule in RULES] == list(CODES)


def test_a_change_of_a_films_view_changes_what_speaks_against_it() -> None:
    image = ImageFactory(view="LL", quality={})
    image.view = "PA"
    image.save()
    image.refresh_from_db()
    assert image.suggestion_bits == 0


def test_a_page_takes_few_questions_however_many_films_there_are(django_assert_max_num_queries: Any) -> None:
    project = ProjectFactory()
    for n in range(30):
        ProjectImageFactory(project=project, image__view="LL" if n % 2 else "PA", image__quality={})
    with django_assert_max_num_queries(3):
        page = screening_page(project, state="waiting", suggestion="view", wanted={}, limit=4, offset=8)
    assert (page["count"], len(page["films"]), page["waiting"]) == (15, 4, 30)
    assert page["facets"]["view"] == [{"value": "LL", "count": 15}, {"value": "PA", "count": 15}]


def test_pages_join_without_a_gap_or_a_film_twice() -> None:
    project = ProjectFactory()
    films = {ProjectImageFactory(project=project, image__quality={}).image_id for _ in range(7)}
    pages = [
        screening_page(project, state="all", suggestion="", wanted={}, limit=3, offset=offset) for offset in (0, 3, 6)
    ]
    found = [film["id"] for page in pages for film in page["films"]]
    assert len(found) == 7
    assert set(found) == films
