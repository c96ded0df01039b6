"""A project's state."""

from __future__ import annotations

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput, InvalidTransition
from annotation.projects.guards import require_admin, require_in_use
from annotation.projects.models import ALLOWED, Project, ProjectState


@transaction.atomic
def project_move(project: Project, state: str, actor: User | None = None, *, reason: str = "") -> Project:
    """Move a project to ``state``; ``actor`` is None where the protocol's engine moves it.

    Asking for the state that it is in is a wrong move too: two people who pause at once get one pause and one clear
    answer. Raises InvalidTransition, NotAllowed,
    Conflict where the project is archived.
    """
    if state not in ProjectState.values:
        raise InvalidInput(
            f"state is {state!r}", field="state", value=state, remedy=f"use one of {', '.join(ProjectState.values)}"
        )
    if actor is not None:
        require_admin(actor, project)
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_in_use(row)
    if state not in ALLOWED[row.state]:
        allowed = ", ".join(sorted(ALLOWED[row.state])) or "nothing: the project is finished"
        raise InvalidTransition(
            f"project {row.slug} is {row.state} and cannot become {state}",
            field="state", value=str(state), remedy=f"from {row.state} it can become {allowed}",
        )  # fmt: skip
    old, row.state = row.state, state
    row.save(update_fields=["state"])
    audit_record("project.move", row, actor=actor, project_id=row.pk, old=str(old), new=str(state), reason=reason)
    project.state = state
    return row
