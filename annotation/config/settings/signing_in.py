"""Settings of who gets in: passwords, sessions, the second factor, single sign-on. See docs/security.md."""

from __future__ import annotations

import hashlib
import os
from typing import Any
from urllib.parse import urlparse

from django.core.exceptions import ImproperlyConfigured


def whole(name: str, default: int, least: int) -> int:
    """A whole number from the environment that is no smaller than ``least``."""
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ImproperlyConfigured(f"{name}={text!r} is no whole number from {least} on; correct it or leave it out")
    return int(text)


def yes(name: str, default: bool) -> bool:
    """Yes or no from the environment."""
    text = os.environ.get(name, "").strip().lower() or ("1" if default else "0")
    if text not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ImproperlyConfigured(f"{name}={text!r} is neither yes nor no; use 1 or 0")
    return text in {"1", "true", "yes", "on"}


def issuer_check(issuer: str) -> str:
    """The provider's address without its last slash; unencrypted only where it is this machine."""
    address = urlparse(issuer)
    if address.scheme == "https" or (address.scheme == "http" and address.hostname in {"localhost", "127.0.0.1"}):
        return issuer.rstrip("/")
    raise ImproperlyConfigured(f"OIDC_ISSUER={issuer!r} must begin with https://")


TRUSTED_PROXIES = whole("TRUSTED_PROXIES", 0, 0)
"""How many proxies of one's own stand before the web process; with 0 ``X-Forwarded-For`` is not believed."""

PASSWORD_MIN_LENGTH = whole("PASSWORD_MIN_LENGTH", 8, 8)
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_LINK_HOURS = whole("PASSWORD_LINK_HOURS", 48, 1)

SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = whole("SESSION_IDLE_SECONDS", 0, 0)
"""A session ends after so long without its person; 0 never."""
SESSION_COOKIE_AGE = whole("SESSION_MAX_SECONDS", 1_209_600, 60)
"""A session ends so long after its sign-in, whatever happens meanwhile."""
SESSION_COOKIE_HTTPONLY = True
# Lax, not Strict: whoever comes back from the single sign-on comes from another site.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"

SECOND_FACTOR_REQUIRED = yes("SECOND_FACTOR_REQUIRED", False)
"""Whether staff, superusers and admins of projects must have one."""

OIDC_ISSUER = issuer_check(os.environ["OIDC_ISSUER"]) if os.environ.get("OIDC_ISSUER") else ""
OIDC_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_SECRET", "")
OIDC_NAME = os.environ.get("OIDC_NAME", "") or "single sign-on"
"""What the button on the sign-in page says: *Sign in with NAME*."""
OIDC_LINK_BY_EMAIL = yes("OIDC_LINK_BY_EMAIL", True)
OIDC_CREATE_PEOPLE = yes("OIDC_CREATE_PEOPLE", False)
OIDC_EMAIL_DOMAINS = [one.strip().lower() for one in os.environ.get("OIDC_EMAIL_DOMAINS", "").split(",") if one.strip()]
OIDC_SECOND_FACTOR = yes("OIDC_SECOND_FACTOR", False)
"""Whether the provider asks for a second factor itself, so that Groundwork need not."""
for _name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
    if OIDC_ISSUER and not os.environ.get(_name):
        raise ImproperlyConfigured(f"OIDC_ISSUER is set and {_name} is not; set both, or neither")


OIDC_PROVIDER_ID = "oidc-" + hashlib.sha256(OIDC_ISSUER.encode()).hexdigest()[:16]
"""Names the provider in the table of linked accounts: another issuer's subjects are other people."""

SOCIALACCOUNT_ADAPTER = "annotation.accounts.sso.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
