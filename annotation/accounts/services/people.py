"""Accounts."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.accounts.models import User
from annotation.accounts.services.sessions import sessions_end
from annotation.accounts.services.throttle import OWN_PASSWORD, attempt_begin, attempt_succeeded
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput

TEMPORARY_BYTES = 9
"""Twelve characters: random enough for the few days that it is good for, short enough to read out."""
CHANGEABLE = frozenset({"email", "first_name", "last_name", "is_active", "is_staff", "is_superuser"})


@transaction.atomic
def user_create(
    *,
    username: str,
    password: str | None = None,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    is_staff: bool = False,
    is_superuser: bool = False,
    actor: User | None = None,
) -> User:
    """Make an account. Without a password the person can sign in by token only.

    A superuser is staff too, else the admin pages would be closed to the person who runs them. Raises InvalidInput that
    names the field.
    """
    user = User(
        username=User.normalize_username(username),
        email=User.objects.normalize_email(email),
        first_name=first_name,
        last_name=last_name,
        is_staff=is_staff or is_superuser,
        is_superuser=is_superuser,
    )
    password_set(user, password)
    _check(user)
    user.save(force_insert=True)
    audit_record("user.create", user, actor=actor, username=username, is_staff=user.is_staff, is_superuser=is_superuser)
    return user


@transaction.atomic
def user_change(user: User, *, actor: User | None = None, **values: Any) -> User:
    """Change an account: any of ``CHANGEABLE``, or ``password``. What the person did stays.

    A person who is not active can neither sign in nor use a token; a new password ends open sessions. Raises
    InvalidInput that names the field, or Conflict where no active superuser would be left.
    """
    # All superusers are the lock: two who remove each other at once must not both succeed.
    superusers = {
        row.pk: row for row in User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True)
    }
    row = superusers.get(user.pk) or User.objects.select_for_update(no_key=True).get(pk=user.pk)
    password = values.pop("password", None)
    old = {name: getattr(row, name) for name in values if name in CHANGEABLE}
    if unknown := sorted(values.keys() - CHANGEABLE):
        raise InvalidInput(
            f"{unknown[0]} cannot be changed", field=unknown[0], remedy=f"use one of {', '.join(sorted(CHANGEABLE))}"
        )
    for name, value in values.items():
        setattr(row, name, value)
    row.is_staff = row.is_staff or row.is_superuser
    if not (row.is_superuser and row.is_active) and superusers.keys() == {row.pk}:
        raise Conflict(
            f"{row} is the last active superuser", field="is_active" if not row.is_active else "is_superuser",
            value=False, remedy="make another superuser first",
        )  # fmt: skip
    if password is not None:
        password_set(row, password)
        row.password_is_temporary = actor is not None and actor.pk != row.pk
    _check(row)
    row.save()
    if password is not None or not row.is_active:
        sessions_end(row, actor=actor)
    changed = {name: [before, getattr(row, name)] for name, before in old.items() if getattr(row, name) != before}
    audit_record("user.change", row, actor=actor, changed=changed, password=password is not None)
    return row


@transaction.atomic
def password_renew(user: User, *, actor: User | None = None) -> str:
    """A random password for an account that is new, or whose person forgot theirs; returned here alone.

    It opens the account until the person has chosen another one. Open sessions end.
    """
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    password = secrets.token_urlsafe(TEMPORARY_BYTES)
    row.set_password(password)
    row.password_is_temporary = True
    row.save(update_fields=["password", "password_is_temporary"])
    sessions_end(row, actor=actor)
    audit_record("user.password_renew", row, actor=actor)
    return password


def own_password_check(user: User, password: str, *, field: str = "password") -> None:
    """Whether the person at the screen is the one who signed in. Raises InvalidInput, TooManyAttemptsError."""
    counted = [(OWN_PASSWORD, str(user.pk))]
    attempt_begin(counted)
    if not user.check_password(password):
        raise InvalidInput("this is not your password now", field=field, remedy="enter it again")
    attempt_succeeded(counted)


def password_choose(user: User, *, old: str, new: str) -> User:
    """The person's own choice. Raises InvalidInput where the old one is wrong or the new one will not do,
    TooManyAttemptsError where somebody guesses at the old one.
    """
    own_password_check(user, old, field="old_password")
    return _password_choose(user, old=old, new=new)


@transaction.atomic
def _password_choose(user: User, *, old: str, new: str) -> User:
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if old == new:
        raise InvalidInput("this is the password that you have", field="new_password", remedy="choose another one")
    password_set(row, new, field="new_password")
    row.password_is_temporary = False
    row.save(update_fields=["password", "password_is_temporary"])
    audit_record("user.password_choose", row, actor=row)
    return row


def password_set(user: User, password: str | None, *, field: str = "password") -> None:
    """Set it without saving; None for no password at all. Raises InvalidInput where it will not do."""
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            # The value is left out: an error may end up in a log.
            raise InvalidInput(" ".join(error.messages), field=field, remedy="choose another password") from error
    user.set_password(password)


def _check(user: User) -> None:
    try:
        user.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(
            " ".join(messages), field=field, value=getattr(user, field, None), remedy=f"choose another {field}"
        ) from error
