"""Who belongs to a project."""

from __future__ import annotations

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.projects.guards import require_admin
from annotation.projects.models import Membership, Project, Role


@transaction.atomic
def member_add(project: Project, *, user: User, role: str, actor: User | None = None) -> Membership:
    """Give a person a role; one that the person holds already is returned as it is. Raises InvalidInput, NotAllowed."""
    if actor is not None:
        require_admin(actor, project)
    if role not in Role.values:
        raise InvalidInput(f"role is {role!r}", field="role", value=role, remedy=f"use one of {', '.join(Role.values)}")
    membership, created = Membership.objects.get_or_create(project=project, user=user, role=role)
    if created:
        audit_record("member.add", membership, actor=actor, project_id=project.pk, user=str(user.pk), role=str(role))
    return membership


@transaction.atomic
def member_remove(project: Project, *, user: User, role: str, actor: User | None = None) -> None:
    """Take a role away; what the person did stays. Raises Conflict for the last admin, InvalidInput, NotAllowed."""
    # The project's row is the lock: two admins who remove each other at once must not both succeed.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if actor is not None:
        require_admin(actor, project)
    membership = Membership.objects.filter(project=project, user=user, role=role).first()
    if membership is None:
        raise InvalidInput(f"{user} is no {role} of {project}", field="role", value=role, remedy="reload the members")
    others = Membership.objects.filter(project=project, role=Role.ADMIN).exclude(pk=membership.pk)
    if role == Role.ADMIN and not others.exists():
        raise Conflict(
            f"{user} is the last admin of {project}", field="role", value=role, remedy="make another admin first"
        )
    audit_record("member.remove", membership, actor=actor, project_id=project.pk, user=str(user.pk), role=str(role))
    membership.delete()
