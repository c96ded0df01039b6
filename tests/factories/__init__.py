"""Factories of the domain. Each makes one valid row with all that it needs; films and masks lie in storage too."""

from tests.factories.films import DuplicateLinkFactory, ImageFactory, PatientFactory, ProjectImageFactory, SourceFactory
from tests.factories.masks import JobFactory, MaskFactory, ModelVersionFactory
from tests.factories.people import (
    PASSWORD,
    MembershipFactory,
    ProjectFactory,
    SuperuserFactory,
    UserFactory,
    member,
    token_for,
)
from tests.factories.reviews import (
    RepositoryEntryFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
    RoundFactory,
    seed_film,
)

__all__ = [
    "PASSWORD",
    "DuplicateLinkFactory",
    "ImageFactory",
    "JobFactory",
    "MaskFactory",
    "MembershipFactory",
    "ModelVersionFactory",
    "PatientFactory",
    "ProjectFactory",
    "ProjectImageFactory",
    "RepositoryEntryFactory",
    "ReviewBatchFactory",
    "ReviewTaskFactory",
    "RoundFactory",
    "SourceFactory",
    "SuperuserFactory",
    "UserFactory",
    "member",
    "seed_film",
    "token_for",
]
