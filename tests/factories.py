"""Factories of the domain. Each makes one valid row with all that it needs; films and masks lie in storage too."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import factory
import numpy as np
from django.utils import timezone
from factory.django import DjangoModelFactory

from annotation.accounts.models import ApiToken, User
from annotation.common.blobs import blobs
from annotation.images.models import Image, ImageRole, ImageState, Patient, ProjectImage, Source
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.projects.models import Convention, Membership, Project, Role, Target
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskKind
from annotation.rounds.models import Provenance, RepositoryEntry, Round
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

FILM_HEIGHT, FILM_WIDTH = 48, 64
PASSWORD = "correct horse"


class UserFactory(DjangoModelFactory):
    """A person; the password is ``PASSWORD``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.org")
    password = factory.django.Password(PASSWORD)


class SuperuserFactory(UserFactory):
    """Who runs the installation."""

    is_staff = True
    is_superuser = True


def token_for(user: User, name: str = "test") -> str:
    """A working bearer token of the user."""
    token = uuid.uuid4().hex
    ApiToken.objects.create(user=user, name=name, digest=ApiToken.digest_of(token))
    return token


class ProjectFactory(DjangoModelFactory):
    """A lung project with ``covid-qu``; give ``protocol=get_protocol(...).to_json()`` for other numbers."""

    class Meta:
        model = Project

    slug = factory.Sequence(lambda n: f"project-{n}")
    name = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").title())
    target = Target.LUNG
    convention = Convention.HEART_OUT
    protocol = factory.LazyFunction(lambda: get_protocol("covid-qu").to_json())
    created_by = factory.SubFactory(UserFactory)


class MembershipFactory(DjangoModelFactory):
    """An annotator of a project; give ``role`` for another."""

    class Meta:
        model = Membership

    project = factory.SubFactory(ProjectFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.ANNOTATOR


def member(project: Project, *roles: str, **user: Any) -> User:
    """A new person with the given roles in the project."""
    person = UserFactory(**user)
    for role in roles:
        MembershipFactory(project=project, user=person, role=role)
    return person


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
    pixel_sha256 = factory.LazyAttribute(
        lambda o: hashlib.sha256(film_hw(o.height, o.width, o.seed).tobytes()).hexdigest()
    )
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


class ProjectImageFactory(DjangoModelFactory):
    """A pool film that waits; ``seed_film()`` makes a seed with its mask."""

    class Meta:
        model = ProjectImage

    project = factory.SubFactory(ProjectFactory)
    image = factory.SubFactory(ImageFactory)
    role = ImageRole.POOL
    state = ImageState.WAITING


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


def seed_film(project: Project, *, pixels: np.ndarray | None = None, **image: Any) -> ProjectImage:
    """A seed film of the project with its mask in the repository."""
    film = ImageFactory(**image)
    project_image = ProjectImageFactory(project=project, image=film, role=ImageRole.SEED, state=ImageState.SETTLED)
    mask = MaskFactory(project=project, image=film, kind=MaskKind.SEED, pixels=pixels)
    RepositoryEntryFactory(project_image=project_image, mask=mask, provenance=Provenance.SEED)
    return project_image


class RepositoryEntryFactory(DjangoModelFactory):
    """The ground truth of a film: first version, drawn by an MD."""

    class Meta:
        model = RepositoryEntry

    project = factory.SelfAttribute("project_image.project")
    project_image = factory.SubFactory(ProjectImageFactory, state=ImageState.SETTLED)
    mask = factory.SubFactory(
        MaskFactory,
        project=factory.SelfAttribute("..project_image.project"),
        image=factory.SelfAttribute("..project_image.image"),
    )
    provenance = Provenance.DRAWN
    version = 1
    round_number = 0


class ReviewBatchFactory(DjangoModelFactory):
    """An open batch."""

    class Meta:
        model = ReviewBatch

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    name = "II.1"


class ReviewTaskFactory(DjangoModelFactory):
    """An open verdict task on a network's mask of a pool film."""

    class Meta:
        model = ReviewTask

    batch = factory.SubFactory(ReviewBatchFactory)
    project = factory.SelfAttribute("batch.project")
    project_image = factory.SubFactory(
        ProjectImageFactory, project=factory.SelfAttribute("..batch.project"), state=ImageState.CHOSEN
    )
    kind = TaskKind.VERDICT
    role = Role.ANNOTATOR
    order = factory.Sequence(int)
    proposal = factory.SubFactory(
        MaskFactory,
        kind=MaskKind.CANDIDATE,
        project=factory.SelfAttribute("..batch.project"),
        image=factory.SelfAttribute("..project_image.image"),
    )


class RoundFactory(DjangoModelFactory):
    """An open round of stage II with its batch."""

    class Meta:
        model = Round

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    name, stage, kind = "II.1", 1, "evaluation"
    batch = factory.SubFactory(ReviewBatchFactory, project=factory.SelfAttribute("..project"))
