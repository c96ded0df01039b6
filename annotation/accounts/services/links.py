"""Links by which a person chooses a password: for the new, and for those who forgot theirs, without any mail."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation.accounts.models import PasswordLink, User, digest_of
from annotation.accounts.services.people import password_set
from annotation.accounts.services.sessions import sessions_end
from annotation.common.audit import audit_record
from annotation.common.errors import Missing

SECRET_BYTES = 32
PATH = "/password#"
"""Behind a ``#``: the secret is never sent with the page's address, and stands in no server's log."""


@transaction.atomic
def password_link_make(user: User, *, actor: User | None) -> tuple[str, PasswordLink]:
    """A link's path and its row; earlier ones of the person stop. The password stays until the link is used."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    PasswordLink.objects.filter(user=user, used_at=None).delete()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = PasswordLink.objects.create(
        user=user,
        digest=digest_of(secret),
        made_by=actor,
        expires_at=timezone.now() + timedelta(hours=settings.PASSWORD_LINK_HOURS),
    )
    audit_record("user.password_link", user, actor=actor, expires_at=row.expires_at.isoformat())
    return PATH + secret, row


def password_link_read(secret: str) -> PasswordLink:
    """The link that the secret opens. Raises Missing where it was used, is too old, or never was."""
    row = (
        PasswordLink.objects.select_related("user")
        .filter(digest=digest_of(secret), used_at=None, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )
    if row is None:
        raise Missing(
            "this link was used, is too old, or a newer one took its place", field="secret", code="link_over",
            remedy="ask whoever gave it to you for another one",
        )  # fmt: skip
    return row


@transaction.atomic
def password_link_use(secret: str, *, password: str) -> User:
    """Choose the password; all sessions of the person end. Raises Missing, InvalidInput."""
    found = password_link_read(secret)
    user = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    # Read again under the lock: a link that two use at once sets one password.
    row = password_link_read(secret)
    password_set(user, password, field="new_password")
    user.password_is_temporary = False
    user.save(update_fields=["password", "password_is_temporary"])
    row.used_at = timezone.now()
    row.save(update_fields=["used_at"])
    sessions_end(user, actor=user)
    audit_record("user.password_link_use", user, actor=user)
    return user
