"""Whom an identity of the provider lets in."""

from __future__ import annotations

import re
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction

from annotation.accounts.models import User
from annotation.accounts.services.people import user_create
from annotation.common.audit import audit_record


class RefusedError(Exception):
    """The provider knows the person, and this installation does not let that person in; ``reason`` is a word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_linked(user: User) -> bool:
    """Whether the person may sign in by the provider of the settings."""
    return (
        bool(settings.OIDC_ISSUER)
        and SocialAccount.objects.filter(user=user, provider=settings.OIDC_PROVIDER_ID).exists()
    )


@transaction.atomic
def person_of_identity(claims: dict[str, Any]) -> User:
    """The person of an identity that was checked: known by its subject, else by a verified e-mail, else made anew.

    Roles are Groundwork's own: nothing in the identity gives or takes any. Raises RefusedError.
    """
    subject = str(claims["sub"])
    known = SocialAccount.objects.select_related("user").filter(provider=settings.OIDC_PROVIDER_ID, uid=subject).first()
    if known is not None:
        user: User = known.user
        if not user.is_active:
            raise RefusedError("inactive")
        return user
    email = str(claims.get("email") or "").strip()
    if not email or claims.get("email_verified") is not True:
        raise RefusedError("unverified")
    if settings.OIDC_EMAIL_DOMAINS and email.rpartition("@")[2].lower() not in settings.OIDC_EMAIL_DOMAINS:
        raise RefusedError("domain")
    found = list(User.objects.filter(email__iexact=email)[:2])
    if len(found) > 1:
        raise RefusedError("ambiguous")
    if found:
        return _linked(found[0], subject, email)
    if not settings.OIDC_CREATE_PEOPLE:
        raise RefusedError("unknown")
    user = user_create(
        username=_free_name(str(claims.get("preferred_username") or email.partition("@")[0])),
        email=email,
        first_name=str(claims.get("given_name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
    )
    identity_link(user, subject)
    return user


def _linked(user: User, subject: str, email: str) -> User:
    if not settings.OIDC_LINK_BY_EMAIL:
        raise RefusedError("unlinked")
    if not user.is_active:
        raise RefusedError("inactive")
    # One identity a person: a second one of the same e-mail is somebody who got a leaver's address.
    if SocialAccount.objects.filter(user=user, provider=settings.OIDC_PROVIDER_ID).exists():
        raise RefusedError("other_identity")
    identity_link(user, subject)
    return user


def identity_link(user: User, subject: str) -> None:
    """From now on the identity signs this person in."""
    SocialAccount.objects.create(user=user, provider=settings.OIDC_PROVIDER_ID, uid=subject, extra_data={})
    audit_record("user.identity_link", user, actor=user, provider=settings.OIDC_ISSUER)


def _free_name(wanted: str) -> str:
    base = re.sub(r"[^\w.@+-]", "", wanted.partition("@")[0])[:100] or "person"
    taken = set(User.objects.filter(username__istartswith=base).values_list("username", flat=True))
    lower = {name.lower() for name in taken}
    return next(
        name for n in range(1, len(lower) + 2) if (name := base if n == 1 else f"{base}{n}").lower() not in lower
    )
