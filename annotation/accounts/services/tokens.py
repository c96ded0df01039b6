"""Bearer tokens."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import ApiToken, User
from annotation.common.audit import audit_record

PREFIX = "gw_"
"""Lets a scanner for leaked secrets know what it found."""
SECRET_BYTES = 32


@transaction.atomic
def token_issue(user: User, name: str) -> tuple[str, ApiToken]:
    """A new token and its row. The token itself is returned here and can never be read again."""
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = ApiToken.objects.create(user=user, name=name, digest=ApiToken.digest_of(token))
    audit_record("token.issue", row, actor=user, name=name)
    return token, row


@transaction.atomic
def token_revoke(token: ApiToken, *, actor: User | None = None) -> ApiToken:
    """Close a token for good. A second call changes nothing."""
    row = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        audit_record("token.revoke", row, actor=actor, name=row.name)
    return row
