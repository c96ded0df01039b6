"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address; empty where there is none, as behind a socket file.

    ``X-Forwarded-For`` is a list to which each proxy appends whom it heard from, and of which a client may invent the
    beginning. So the entry is taken that the outermost of ``TRUSTED_PROXIES`` wrote, counted from the end.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    count = int(settings.TRUSTED_PROXIES)
    heard = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if count and len(heard) >= count:
        return _plain(heard[-count]) or _plain(direct)
    return _plain(direct)


def _plain(text: str) -> str:
    """The address in its one spelling, without a port; empty where it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
