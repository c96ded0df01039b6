"""Settings behind TLS: nothing has a default that would be unsafe."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

for _name in ("SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "ALLOWED_HOSTS"):
    if not os.environ.get(_name):
        raise ImproperlyConfigured(f"{_name} is not set; production needs it, see docs/settings.md")

SAFER = {
    "PASSWORD_MIN_LENGTH": "12",
    "SESSION_IDLE_SECONDS": "3600",
    "SESSION_MAX_SECONDS": "43200",
    "SECOND_FACTOR_REQUIRED": "1",
}
"""Defaults that are stricter here; the environment may say otherwise, and what stands there empty says nothing."""
for _name, _value in SAFER.items():
    os.environ[_name] = os.environ.get(_name, "").strip() or _value

from annotation.config.settings.base import *  # noqa: E402, F403

DEBUG = False
SESSION_COOKIE_SECURE = True
# The prefix makes browsers refuse it from any other host name, and unencrypted.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
