"""Putting a project away, and bringing it back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidTransition
from annotation.projects.guards import require_admin
from annotation.projects.models import Project


@transaction.atomic
def project_archive(project: Project, *, actor: User) -> Project:
    """Nothing is handed out and no step begins any more; running jobs end and are kept. Everything stays readable.

    Raises NotAllowed, or InvalidTransition where it is archived.
    """
    require_admin(actor, project)
    return _set(project, actor, archived=True)


@transaction.atomic
def project_restore(project: Project, *, actor: User) -> Project:
    """The project goes on in the state in which it was archived. Raises NotAllowed, InvalidTransition."""
    require_admin(actor, project)
    return _set(project, actor, archived=False)


def _set(project: Project, actor: User, *, archived: bool) -> Project:
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if (row.archived_at is not None) == archived:
        raise InvalidTransition(
            f"project {row.slug} is {'archived already' if archived else 'not archived'}", field="project",
            value=row.slug, remedy="reload the page",
        )  # fmt: skip
    row.archived_at = timezone.now() if archived else None
    row.save(update_fields=["archived_at"])
    audit_record("project.archive" if archived else "project.restore", row, actor=actor, project_id=row.pk)
    return row
