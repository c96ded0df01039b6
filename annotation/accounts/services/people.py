"""Accounts."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput


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
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            # The value is left out: an error may end up in a log.
            raise InvalidInput(" ".join(error.messages), field="password", remedy="choose another password") from error
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(
            " ".join(messages), field=field, value=getattr(user, field, None), remedy=f"choose another {field}"
        ) from error
    user.save(force_insert=True)
    audit_record("user.create", user, actor=actor, username=username, is_staff=user.is_staff, is_superuser=is_superuser)
    return user
