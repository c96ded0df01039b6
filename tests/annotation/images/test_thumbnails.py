"""Thumbnails and outlines: made once, kept, and shown to those alone who may see the film and the mask."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation.common.blobs import blobs
from annotation.images.analysis import analyse
from annotation.images.services import film_store
from annotation.images.thumbnails import SIDE, thumbnail_key
from annotation.projects.models import Project, Role
from tests.factories import ImageFactory, MaskFactory, ProjectFactory, ProjectImageFactory, UserFactory, member
from tests.support.pictures import film_hw, png_bytes

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


def test_a_thumbnail_is_made_once_and_kept(project: Project, api_as: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    film = ProjectImageFactory(project=project, image__width=600, image__height=300).image
    url = f"/api/images/{film.pk}/thumbnail"
    client = api_as(member(project, Role.RESEARCHER))
    first = client.get(url)
    assert first["Content-Type"] == "image/jpeg"
    assert "private" in first["Cache-Control"]
    assert "immutable" in first["Cache-Control"]
    with PillowImage.open(io.BytesIO(first.content)) as picture:
        assert (picture.size, picture.mode) == ((SIDE, SIDE // 2), "L")
    blobs().delete(film.rendition_key)
    assert client.get(url).content == first.content, "made from the film again"
    assert client.get(url, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304


def test_an_import_stores_the_thumbnail_of_the_film_through_its_window(db: None) -> None:
    grey = film_hw(500, 400, 1)
    stored = film_store(analyse(png_bytes(grey)), b"original")
    with PillowImage.open(io.BytesIO(blobs().read(thumbnail_key(stored.image_id)))) as picture:
        small = np.asarray(picture).astype(float)
    assert small.shape == (256, 205)
    large = np.asarray(PillowImage.fromarray(grey).resize((205, 256), PillowImage.Resampling.BOX)).astype(float)
    assert np.abs(small - large).mean() < 6
    assert set(stored.keys) == {stored.original_key, stored.rendition_key, thumbnail_key(stored.image_id)}


def test_sixteen_bit_films_have_a_thumbnail_in_eight_bits(project: Project, api_as: Client) -> None:
    film = ProjectImageFactory(project=project, image__bits=16).image
    deep = (film_hw(film.height, film.width, 3).astype(np.uint16) << 4) + 2000
    blobs().write(film.rendition_key, png_bytes(deep))
    answer = api_as(member(project, Role.RESEARCHER)).get(f"/api/images/{film.pk}/thumbnail")
    with PillowImage.open(io.BytesIO(answer.content)) as picture:
        assert picture.mode == "L"
        assert np.ptp(np.asarray(picture)) > 150, "the window was not applied"


def test_thumbnails_and_outlines_are_shown_to_those_who_may_see_film_and_mask(
    project: Project, api_as: Client, api: Any
) -> None:
    film = ProjectImageFactory(project=project).image
    mask = MaskFactory(project=project, image=film, kind="candidate")
    thumbnail, outline = f"/api/images/{film.pk}/thumbnail", f"/api/masks/{mask.pk}/outline"
    expected = {
        thumbnail: {"annotator": 200, "physician": 200, "researcher": 200, "admin": 200},
        outline: {"annotator": 404, "physician": 404, "researcher": 200, "admin": 200},
    }
    for url, codes in expected.items():
        assert {role: api_as(member(project, role)).get(url).status_code for role in codes} == codes
        assert api_as(UserFactory()).get(url).status_code == 404
        assert api_as(member(ProjectFactory(), *Role.values)).get(url).status_code == 404
        assert api.get(url).status_code == 401


def test_an_outline_has_its_films_thumbnails_size_lies_on_the_masks_edge_and_is_kept(
    project: Project, api_as: Client
) -> None:
    film = ProjectImageFactory(project=project, image=ImageFactory(width=512, height=512)).image
    pixels = np.zeros((512, 512), bool)
    pixels[128:384, 64:256] = True
    mask = MaskFactory(project=project, image=film, pixels=pixels)
    client = api_as(member(project, Role.RESEARCHER))
    answer = client.get(f"/api/masks/{mask.pk}/outline")
    with PillowImage.open(io.BytesIO(answer.content)) as picture:
        alpha = np.asarray(picture.convert("RGBA"))[..., 3] > 0
    rows, columns = np.nonzero(alpha)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (64, 191, 32, 127)
    assert not alpha[70:180, 40:120].any(), "filled"
    blobs().delete(mask.storage_key)
    assert client.get(f"/api/masks/{mask.pk}/outline").content == answer.content
