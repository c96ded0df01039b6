"""Jobs, networks and masks with pixels."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import factory
import numpy as np
from django.utils import timezone
from factory.django import DjangoModelFactory

from annotation.common.blobs import blobs
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.masks.models import Mask, MaskKind, ModelVersion
from tests.factories.films import ImageFactory
from tests.factories.people import ProjectFactory, UserFactory
from tests.support.pictures import lungs_hw, mask_png_bytes


class JobFactory(DjangoModelFactory):
    """A prediction that has succeeded; give ``kind``, ``status``, ``request`` for another."""

    class Meta:
        model = Job

    kind = JobKind.PREDICT
    status = JobStatus.SUCCEEDED
    attempt = 1
    handler = "test"
    request = factory.LazyFunction(lambda: {"models": [], "images": []})
    queued_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    handled_at = factory.LazyFunction(timezone.now)


class ModelVersionFactory(DjangoModelFactory):
    """A trained U-Net; its weights are no real ones."""

    class Meta:
        model = ModelVersion

    project = factory.SubFactory(ProjectFactory)
    job = factory.SubFactory(JobFactory, kind=JobKind.TRAIN)
    architecture = "unet"
    encoder = "resnet18"
    purpose = "initial"
    round_number = 1
    image_size = 64
    weights_key = factory.LazyAttribute(lambda o: f"jobs/{o.job.id}/attempt-001/weights.safetensors")
    weights_sha256 = "0" * 64
    validation_dsc = 0.9


class MaskFactory(DjangoModelFactory):
    """A person's drawing of the lungs, in storage. ``pixels`` takes a bool (H, W) array."""

    class Meta:
        model = Mask

    class Params:
        pixels = None

    id = factory.LazyFunction(uuid.uuid4)
    project = factory.SubFactory(ProjectFactory)
    image = factory.SubFactory(ImageFactory)
    kind = MaskKind.DRAWING
    convention = factory.LazyAttribute(lambda o: o.project.convention)
    author = factory.Maybe(
        factory.LazyAttribute(lambda o: o.kind in (MaskKind.DRAWING, MaskKind.CORRECTION)),
        factory.SubFactory(UserFactory),
        None,
    )
    model_version = factory.Maybe(
        factory.LazyAttribute(lambda o: o.kind == MaskKind.CANDIDATE),
        factory.SubFactory(ModelVersionFactory, project=factory.SelfAttribute("..project")),
        None,
    )
    storage_key = factory.LazyAttribute(lambda o: f"masks/{o.id}.png")
    width = factory.LazyAttribute(lambda o: o.image.width)
    height = factory.LazyAttribute(lambda o: o.image.height)
    foreground_pixels = factory.LazyAttribute(lambda o: int(_pixels(o).sum()))
    sha256 = factory.LazyAttribute(lambda o: _store(o.storage_key, _pixels(o)))


def _pixels(mask: Any) -> np.ndarray:
    return lungs_hw(mask.height, mask.width) if mask.pixels is None else np.asarray(mask.pixels, dtype=bool)


def _store(key: str, mask_hw: np.ndarray) -> str:
    data = mask_png_bytes(mask_hw)
    blobs().write(key, data)
    return hashlib.sha256(data).hexdigest()
