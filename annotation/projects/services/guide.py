"""The drawing guide, and who has read which version."""

from __future__ import annotations

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.projects.guards import require_admin
from annotation.projects.models import DrawingGuide, GuideReading, Project


@transaction.atomic
def guide_write(project: Project, *, text: str, author: User, based_on: int | None = None) -> DrawingGuide:
    """A new version of the guide; the latest text sent again makes none.

    ``based_on`` is the version that the author started from, 0 where there was none: a colleague's version that came
    in between is not written over unseen. Raises Conflict, InvalidInput, NotAllowed.
    """
    require_admin(author, project)
    text = text.strip()
    if not text:
        raise InvalidInput("the guide is empty", field="text", remedy="write what reviewers are to draw")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    latest = DrawingGuide.objects.filter(project=project).order_by("-version").first()
    if latest is not None and latest.text == text:
        return latest
    newest = latest.version if latest else 0
    if based_on is not None and based_on != newest:
        raise Conflict(
            f"{latest.author if latest else 'nobody'} has written version {newest} since you began",
            field="based_on", value=based_on, remedy="compare it with your text, then save yours as the next version",
        )  # fmt: skip
    guide = DrawingGuide.objects.create(
        project=project, version=latest.version + 1 if latest else 1, text=text, author=author
    )
    audit_record("guide.write", guide, actor=author, project_id=project.pk, version=guide.version)
    return guide


@transaction.atomic
def guide_mark_read(project: Project, *, version: int, user: User) -> None:
    """The person has seen this version; said twice it counts once. Raises InvalidInput where there is no such one."""
    guide = DrawingGuide.objects.filter(project=project, version=version).first()
    if guide is None:
        raise InvalidInput(
            f"the guide has no version {version}", field="version", value=version, remedy="reload the guide"
        )
    GuideReading.objects.get_or_create(guide=guide, user=user)
