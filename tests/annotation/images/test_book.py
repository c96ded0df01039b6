"""What an import knows of the films that are there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.images.models import Image, ImageSignature
from annotation.images.services import FilmBook
from tests.factories import ImageFactory

pytestmark = pytest.mark.django_db


def film(**fields: Any) -> Image:
    image: Image = ImageFactory(**fields)
    ImageSignature.objects.create(image=image, coarse=bytes(1024))
    return image


def opened() -> FilmBook:
    book = FilmBook()
    book.refresh()
    return book


def test_a_film_of_another_import_is_known_after_a_refresh_and_so_is_one_whose_time_was_taken_earlier() -> None:
    film()
    book = opened()
    late = film(created_at=timezone.now() - timedelta(minutes=5))
    new = film()
    assert not {late.sha256, new.sha256} & book.files.keys()
    book.refresh()
    assert {late.sha256, new.sha256} <= book.files.keys()


def test_a_film_that_is_known_already_is_not_read_again() -> None:
    for _ in range(3):
        film()
    book = opened()
    with CaptureQueriesContext(connection) as asked:
        book.refresh()
    assert len(asked) == 1
    assert "coarse" not in asked[0]["sql"]
