"""Bearer tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import ApiToken, User
from annotation.accounts.scopes import Scope, every_scope
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput

PREFIX = "gw_"
"""Lets a scanner for leaked secrets know what it found."""
SECRET_BYTES = 32


@transaction.atomic
def token_issue(
    user: User, name: str, *, scopes: Iterable[str] | None = None, expires_at: datetime | None = None
) -> tuple[str, ApiToken]:
    """A new token and its row. The token itself is returned here and can never be read again.

    ``scopes``: what it may be used for, all of it where nothing is said. Raises InvalidInput.
    """
    wanted = every_scope() if scopes is None else [scope for scope in every_scope() if scope in set(scopes)]
    if not wanted:
        raise InvalidInput(
            "a token without a scope opens nothing", field="scopes", remedy=f"choose of {', '.join(Scope.values)}"
        )
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = ApiToken.objects.create(
        user=user, name=name, digest=ApiToken.digest_of(token), scopes=wanted, expires_at=expires_at
    )
    expiry = expires_at.isoformat() if expires_at else None
    audit_record("token.issue", row, actor=user, name=name, scopes=wanted, expires_at=expiry)
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
