"""A project goes over to another pseudonym key."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput
from annotation.projects.models import Project


@transaction.atomic
def pseudonym_key_change(*, project: Project, key_id: str, actor: User | None) -> Project:
    """From now on the project names its patients by another key; versions that are frozen keep their names.

    Raises InvalidInput where the settings hold no such key. Called again, it changes nothing.
    """
    if key_id not in settings.PSEUDONYM_KEYS:
        raise InvalidInput(
            f"the settings hold no pseudonym key {key_id!r}", field="key", value=key_id,
            remedy=f"use one of {', '.join(settings.PSEUDONYM_KEYS)}, or add it to PSEUDONYM_KEYS",
        )  # fmt: skip
    # A version is frozen under the same lock, by one key from its first film to its last.
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if row.pseudonym_key != key_id:
        audit_record(
            "project.pseudonym_key", row, actor=actor, project_id=row.pk, old=row.pseudonym_key, new=key_id
        )  # fmt: skip
        row.pseudonym_key = key_id
        row.save(update_fields=["pseudonym_key"])
    return row
