"""The factories make rows that every constraint accepts, with files that can be read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Picture

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.masks.models import MaskKind
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "factory",
    [
        factories.UserFactory,
        factories.MembershipFactory,
        factories.ProjectImageFactory,
        factories.ModelVersionFactory,
        factories.MaskFactory,
        factories.RepositoryEntryFactory,
        factories.ReviewTaskFactory,
        factories.RoundFactory,
        factories.JobFactory,
    ],
)
def test_a_factory_makes_a_valid_row(factory: type) -> None:
    row = factory()
    row.refresh_from_db()
    row.validate_constraints()


def test_a_film_lies_in_storage_at_its_stated_size() -> None:
    image = factories.ImageFactory(width=70, height=50)
    assert Picture.open(io.BytesIO(blobs().read(image.rendition_key))).size == (70, 50)


def test_two_films_have_other_pixels() -> None:
    first, second = factories.ImageFactory.create_batch(2)
    assert blobs().read(first.rendition_key) != blobs().read(second.rendition_key)


def test_a_mask_in_storage_has_the_pixels_that_were_given() -> None:
    pixels = np.zeros((48, 64), bool)
    pixels[10:20, 5:30] = True
    mask = factories.MaskFactory(kind=MaskKind.CANDIDATE, pixels=pixels)
    stored = np.asarray(Picture.open(io.BytesIO(blobs().read(mask.storage_key))))
    assert (stored == pixels).all()
    assert mask.foreground_pixels == 250


def test_a_seed_film_has_its_truth_in_the_repository() -> None:
    film = factories.seed_film(factories.ProjectFactory())
    assert film.repository.get().mask.kind == MaskKind.SEED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_append_only_rows_do_not_outlive_a_transactional_test(turn: int) -> None:
    assert not AuditEvent.objects.exists()
    AuditEvent.objects.create(action="a.b", object_type="x", object_id="1")
