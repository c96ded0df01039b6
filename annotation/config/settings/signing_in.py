"""Settings of who gets in: passwords, sessions, the second factor, single sign-on. See docs/security.md."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlparse

from django.core.exceptions import ImproperlyConfigured

from mlbackend.environment import read


def issuer_check(issuer: str) -> str:
    """The provider's address without its last slash; unencrypted only where it is this machine."""
    address = urlparse(issuer)
    if address.scheme == "https" or (address.scheme == "http" and address.hostname in {"localhost", "127.0.0.1"}):
        return issuer.rstrip("/")
    raise ImproperlyConfigured(f"OIDC_ISSUER={issuer!r} must begin with https://")


TRUSTED_PROXIES = int(read("TRUSTED_PROXIES"))
"""How many proxies of one's own stand before the web process; with 0 ``X-Forwarded-For`` is not believed."""

PASSWORD_MIN_LENGTH = int(read("PASSWORD_MIN_LENGTH"))
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_LINK_HOURS = int(read("PASSWORD_LINK_HOURS"))

SECRET_KEY_FALLBACKS = read("SECRET_KEY_FALLBACKS")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = int(read("SESSION_IDLE_SECONDS"))
"""A session ends after so long without its person; 0 never."""
SESSION_COOKIE_AGE = int(read("SESSION_MAX_SECONDS"))
"""A session ends so long after its sign-in, whatever happens meanwhile."""
SESSION_COOKIE_HTTPONLY = True
# Lax, not Strict: whoever comes back from the single sign-on comes from another site.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"

SECOND_FACTOR_REQUIRED = bool(read("SECOND_FACTOR_REQUIRED"))
"""Whether staff, superusers and admins of projects must have one."""

OIDC_ISSUER = issuer_check(read("OIDC_ISSUER")) if read("OIDC_ISSUER") else ""
OIDC_CLIENT_ID = read("OIDC_CLIENT_ID") or ""
OIDC_CLIENT_SECRET = read("OIDC_CLIENT_SECRET") or ""
OIDC_NAME = read("OIDC_NAME")
"""What the button on the sign-in page says: *Sign in with NAME*."""
OIDC_LINK_BY_EMAIL = bool(read("OIDC_LINK_BY_EMAIL"))
OIDC_CREATE_PEOPLE = bool(read("OIDC_CREATE_PEOPLE"))
OIDC_EMAIL_DOMAINS = [one.lower() for one in read("OIDC_EMAIL_DOMAINS")]
OIDC_SECOND_FACTOR = bool(read("OIDC_SECOND_FACTOR"))
"""Whether the provider asks for a second factor itself, so that Groundwork need not."""
for _name, _value in (("OIDC_CLIENT_ID", OIDC_CLIENT_ID), ("OIDC_CLIENT_SECRET", OIDC_CLIENT_SECRET)):
    if OIDC_ISSUER and not _value:
        raise ImproperlyConfigured(f"OIDC_ISSUER is set and {_name} is not; set both, or neither")


OIDC_PROVIDER_ID = "oidc-" + hashlib.sha256(OIDC_ISSUER.encode()).hexdigest()[:16]
"""Names the provider in the table of linked accounts: another issuer's subjects are other people."""

SOCIALACCOUNT_ADAPTER = "annotation.accounts.sso.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
