"""Who may do what in a project; used by services and views alike."""

from __future__ import annotations

from django.db.models import QuerySet

from annotation.accounts.models import User
from annotation.projects.models import Membership, Project, Role


def roles_of(user: User, project: Project) -> frozenset[str]:
    """The user's roles in the project; a superuser is an admin everywhere."""
    if not user.is_authenticated:
        return frozenset()
    roles = set(Membership.objects.filter(project=project, user=user).values_list("role", flat=True))
    if user.is_superuser:
        roles.add(Role.ADMIN)
    return frozenset(roles)


def visible_projects(user: User) -> QuerySet[Project]:
    """Projects in which the user has any role."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user).distinct()


def can_view(user: User, project: Project) -> bool:
    """Any role lets a person see the project's progress."""
    return bool(roles_of(user, project))


def can_administer(user: User, project: Project) -> bool:
    """Admins set up, import, start and stop rounds, and manage people."""
    return Role.ADMIN in roles_of(user, project)


def administers_any(user: User) -> bool:
    """Whether the user is an admin of any project."""
    return Membership.objects.filter(user=user, role=Role.ADMIN).exists()


def can_research(user: User, project: Project) -> bool:
    """Researchers and admins see which network drew what, browse films and export."""
    return bool(roles_of(user, project) & {Role.RESEARCHER, Role.ADMIN})


def can_review(user: User, project: Project) -> bool:
    """Annotators and MDs work the queue."""
    return bool(roles_of(user, project) & {Role.ANNOTATOR, Role.PHYSICIAN})


def review_roles(user: User, project: Project) -> frozenset[str]:
    """Which queues of the project are the user's."""
    return roles_of(user, project) & {Role.ANNOTATOR, Role.PHYSICIAN}
