"""The drawing guide."""

from __future__ import annotations

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput
from annotation.projects.guards import require_admin
from annotation.projects.models import DrawingGuide, Project


@transaction.atomic
def guide_write(project: Project, *, text: str, author: User) -> DrawingGuide:
    """A new version of the guide; the latest text sent again makes none. Raises InvalidInput, NotAllowed."""
    require_admin(author, project)
    text = text.strip()
    if not text:
        raise InvalidInput("the guide is empty", field="text", remedy="write what reviewers are to draw")
    Project.objects.select_for_update().get(pk=project.pk)
    latest = DrawingGuide.objects.filter(project=project).order_by("-version").first()
    if latest is not None and latest.text == text:
        return latest
    guide = DrawingGuide.objects.create(
        project=project, version=latest.version + 1 if latest else 1, text=text, author=author
    )
    audit_record("guide.write", guide, actor=author, project_id=project.pk, version=guide.version)
    return guide
