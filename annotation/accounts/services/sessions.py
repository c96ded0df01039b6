"""Where people are signed in by browser, for how long, and how that ends.

What each request needs lies in the session itself, which is read anyway; the table is for the person's own list.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from annotation.accounts.duties import must_have_second_factor
from annotation.accounts.models import OpenSession, User
from annotation.common.addresses import client_address
from annotation.common.audit import audit_record
from annotation.common.errors import Missing

MARKS = "signed_in"
"""Key of what the session knows of itself: when it began, when its person was last there, when all this was last looked
at, whether a code was given."""
LOOK_SECONDS = 60
IDLE_HEADER = "X-Idle-Seconds"
"""What the pages send along: since when their person has touched nothing. Pages ask by themselves too."""


def session_begin(
    request: HttpRequest,
    user: User,
    *,
    means: OpenSession.Means = OpenSession.Means.PASSWORD,
    second_factor: bool = False,
) -> None:
    """Note a session that has just been signed in, and its row for the person's list."""
    now = time.time()
    request.session[MARKS] = {"began": now, "seen": now, "looked": now, "second_factor": second_factor}
    request.session.save()
    OpenSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "means": means,
            "address": client_address(request),
            "browser": request.META.get("HTTP_USER_AGENT", "")[:300],
            "last_seen_at": timezone.now(),
        },
    )


def session_second_factor_given(request: HttpRequest) -> None:
    """The person has shown a code in a session that began without one."""
    marks = request.session.get(MARKS)
    if isinstance(marks, dict):
        request.session[MARKS] = {**marks, "second_factor": True}


def session_check(request: HttpRequest) -> None:
    """End the request's session where its time is over, or where it lacks a second factor that it must have.

    Precondition: sessions and sign-ins are read already. End state: the session goes on, or nobody is signed in.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not isinstance(request.user, User):
        return
    marks = request.session.get(MARKS)
    if not isinstance(marks, dict):
        # Begun elsewhere, or before sessions were marked: its time begins now.
        session_begin(request, request.user)
        marks = request.session[MARKS]
    now = time.time()
    active = now - _idle_seconds(request)
    idle = settings.SESSION_IDLE_SECONDS
    if now - marks["began"] > settings.SESSION_COOKIE_AGE or (idle and now - marks["seen"] > idle):
        logout(request)
        return
    # By the clock and not by what the browser says: nobody puts the look off.
    looks_again = now - marks["looked"] >= LOOK_SECONDS
    runs_it = request.user.is_staff or request.user.is_superuser
    if not marks["second_factor"] and (looks_again or runs_it) and must_have_second_factor(request.user):
        logout(request)
        return
    if looks_again:
        seen = max(marks["seen"], active)
        request.session[MARKS] = {**marks, "seen": seen, "looked": now}
        OpenSession.objects.filter(session_key=request.session.session_key).update(
            last_seen_at=datetime.fromtimestamp(seen, UTC)
        )


def _idle_seconds(request: HttpRequest) -> float:
    text = request.headers.get(IDLE_HEADER, "")
    return min(float(text), 1e6) if text.isdecimal() and len(text) < 10 else 0.0


def session_gone(sender: object, request: HttpRequest | None = None, **_: object) -> None:
    """Signal: somebody signs out."""
    if request is not None and request.session.session_key:
        OpenSession.objects.filter(session_key=request.session.session_key).delete()


def sessions_of(user: User) -> list[OpenSession]:
    """Those that still live, the last used first; rows whose session has gone are left out."""
    rows = list(OpenSession.objects.filter(user=user).order_by("-last_seen_at"))
    keys = [row.session_key for row in rows]
    living = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    return [row for row in rows if row.session_key in living]


@transaction.atomic
def sessions_end(user: User, *, keep: str | None = "", actor: User | None = None) -> int:
    """Sign the person out everywhere but in the session ``keep``; returns how many sessions that were."""
    rows = OpenSession.objects.filter(user=user).exclude(session_key=keep or "")
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    if keys:
        audit_record("user.sessions_end", user, actor=actor, count=len(keys))
    return len(keys)


@transaction.atomic
def session_end(user: User, session_id: UUID) -> None:
    """Sign the person out in one place. Raises Missing."""
    row = OpenSession.objects.filter(user=user, pk=session_id).first()
    if row is None:
        raise Missing("you are not signed in there", field="session", value=str(session_id))
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    audit_record("user.session_end", user, actor=user)


def session_keep(request: HttpRequest, user: User) -> None:
    """After a password was changed: this session goes on under a new key, all others of the person end."""
    if request.session.session_key:
        old = request.session.session_key
        update_session_auth_hash(request, user)
        OpenSession.objects.filter(session_key=old).update(session_key=request.session.session_key)
    sessions_end(user, keep=request.session.session_key, actor=user)


def sessions_forget() -> int:
    """Delete rows of sessions that have ended by themselves; returns how many."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    living = Session.objects.values("session_key")
    return OpenSession.objects.exclude(session_key__in=living).delete()[0]
