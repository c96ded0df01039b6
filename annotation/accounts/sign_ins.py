"""Sign-ins, failures and sign-outs in the audit log, by whichever door: the pages, tokens, the tables."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from annotation.accounts.models import User
from annotation.common.audit import audit_record


def _address(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""


@receiver(user_logged_in, dispatch_uid="audit")
def signed_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """A session begins."""
    audit_record("user.sign_in", user, actor=user, address=_address(request))


@receiver(user_logged_out, dispatch_uid="audit")
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """A session ends by its person's wish."""
    if user is not None:
        audit_record("user.sign_out", user, actor=user, address=_address(request))


@receiver(user_login_failed, dispatch_uid="audit")
def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Somebody did not get in. A name that nobody has is not kept: people type passwords into the wrong field."""
    name = str(credentials.get("username", ""))
    meant = User.objects.filter(username=name).first() if "\0" not in name else None
    audit_record("user.sign_in_failed", meant or User, address=_address(request))
