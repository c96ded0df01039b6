"""People, projects, and who does what in them."""

from __future__ import annotations

import uuid
from typing import Any

import factory
from factory.django import DjangoModelFactory

from annotation.accounts.models import ApiToken, User
from annotation.projects.models import Convention, Membership, Project, Role, Target
from annotation.projects.protocol import get_protocol

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
