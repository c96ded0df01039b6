"""Settings behind TLS: nothing has a default that would be unsafe."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from mlbackend.environment import missing_in_production

if _missing := [setting.name for setting in missing_in_production()]:
    raise ImproperlyConfigured(f"{', '.join(_missing)}: not set; production needs it, see docs/settings.md")

from annotation.config.settings.base import *  # noqa: F403

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

# Asked inside, without TLS: by the container's own health check and by the collector of metrics.
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$", r"^metrics$"]
