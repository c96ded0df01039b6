"""Secrets that must be read again: encrypted by a key that is derived from ``SECRET_KEY``, so that a copy of the
database alone opens nothing."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from annotation.common.errors import Conflict

PURPOSE = b"groundwork second factor"


def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def seal(text: str) -> str:
    """Encrypt."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt, by an earlier key too. Raises Conflict where SECRET_KEY is not the one that sealed it."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Conflict(
            "your second factor was stored under another SECRET_KEY", code="second_factor_unreadable",
            remedy="whoever runs this installation sets the old key as SECRET_KEY_FALLBACKS, or runs "
            "manage.py reset_second_factor for you",
        ) from error  # fmt: skip
