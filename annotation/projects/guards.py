"""The predicates of ``permissions`` as guards that say why."""

from __future__ import annotations

from annotation.accounts.models import User
from annotation.common.errors import Conflict, NotAllowed
from annotation.projects.models import Project
from annotation.projects.permissions import can_administer, can_research


def require_admin(user: User, project: Project) -> None:
    """Raises NotAllowed unless the user administers the project."""
    if not can_administer(user, project):
        raise NotAllowed(f"only admins of {project.slug} may do this", remedy="ask an admin of the project")


def require_research(user: User, project: Project) -> None:
    """Raises NotAllowed unless the user is a researcher or an admin of the project."""
    if not can_research(user, project):
        raise NotAllowed(
            f"only researchers and admins of {project.slug} may do this", remedy="ask an admin of the project"
        )


def require_in_use(project: Project) -> None:
    """Raises Conflict where the project is archived."""
    if project.archived_at is not None:
        raise Conflict(
            f"project {project.slug} is archived", code="archived", field="project", value=project.slug,
            remedy="an admin of the project can bring it back",
        )  # fmt: skip
