"""Films with pixels, and their places in projects."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import factory
import numpy as np
from factory.django import DjangoModelFactory

from annotation.common.blobs import blobs
from annotation.images.hashing import pixel_hash
from annotation.images.models import DuplicateLink, Image, ImageRole, ImageState, Patient, ProjectImage, Source
from tests.factories.people import ProjectFactory
from tests.support.pictures import film_hw, png_bytes

FILM_HEIGHT, FILM_WIDTH = 48, 64


class SourceFactory(DjangoModelFactory):
    """A hospital or dataset."""

    class Meta:
        model = Source

    name = factory.Sequence(lambda n: f"source {n}")


class PatientFactory(DjangoModelFactory):
    """One person on films."""

    class Meta:
        model = Patient

    identifier = factory.Sequence(lambda n: f"patient {n}")


class ImageFactory(DjangoModelFactory):
    """A film of ``width`` x ``height`` pixels whose original and rendition lie in storage; every film is another."""

    class Meta:
        model = Image

    class Params:
        seed = factory.Sequence(int)

    id = factory.LazyFunction(uuid.uuid4)
    patient = factory.SubFactory(PatientFactory)
    source = factory.SubFactory(SourceFactory)
    label = "normal"
    view = "PA"
    width = FILM_WIDTH
    height = FILM_HEIGHT
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(f"original {o.seed} {o.id}".encode()).hexdigest())
    pixel_sha256 = factory.LazyAttribute(lambda o: pixel_hash(film_hw(o.height, o.width, o.seed)))
    perceptual_hash = factory.LazyAttribute(lambda o: o.pixel_sha256[:16])
    original_key = factory.LazyAttribute(lambda o: f"originals/{o.id}.png")
    rendition_key = factory.LazyAttribute(lambda o: f"renditions/{o.id}.png")
    file_name = factory.LazyAttribute(lambda o: f"film-{o.seed}.png")
    features = factory.LazyAttribute(lambda o: [float(v) for v in np.random.default_rng(o.seed).random(8)])
    quality_tier = "medium"

    @classmethod
    def _create(cls, model_class: type[Image], *args: Any, **kwargs: Any) -> Image:
        image = super()._create(model_class, *args, **kwargs)
        seed = int(image.file_name.removeprefix("film-").removesuffix(".png") or 0) if "film-" in image.file_name else 0
        data = png_bytes(film_hw(image.height, image.width, seed))
        blobs().write(image.original_key, data)
        blobs().write(image.rendition_key, data)
        return image


class DuplicateLinkFactory(DjangoModelFactory):
    """Two films that show the same picture."""

    class Meta:
        model = DuplicateLink

    first = factory.SubFactory(ImageFactory)
    second = factory.SubFactory(ImageFactory)
    hamming = 2
    correlation = 0.98


class ProjectImageFactory(DjangoModelFactory):
    """A pool film that waits; ``seed_film()`` makes a seed with its mask."""

    class Meta:
        model = ProjectImage

    project = factory.SubFactory(ProjectFactory)
    image = factory.SubFactory(ImageFactory)
    role = ImageRole.POOL
    state = ImageState.WAITING
